"""The formats that a model can be exported to, by the names that the command line knows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """What a format is called in a folder, and which packages of an extra it needs.

    `packages` are pairs of what is imported and what is installed.
    """

    file: str
    packages: tuple[tuple[str, str], ...] = ()


FORMATS = {
    "keras": Format("model.keras"),
    "h5": Format("model.h5"),
    "savedmodel": Format("saved_model"),
    "litert": Format("model.tflite"),
    "onnx": Format(
        "model.onnx", (("onnx", "onnx"), ("onnxruntime", "onnxruntime"), ("tf2onnx", "tf2onnx"))
    ),
}
