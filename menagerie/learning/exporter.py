"""Exporting in the child process: write, load as a stranger would, compare, put in place.

A network with augmentation must not be handed on as it is. Keras 3's random layers are at work
unless a caller says `training=False`, and they switch everything behind them to training, too:
neither who calls `model(x)` nor `model.export` says so. So they are taken out first.
"""

import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import TrainingError
from menagerie.folders import has_no_room
from menagerie.learning.backend import import_keras
from menagerie.learning.exporting import LARGEST_DIFFERENCE, SAMPLES
from menagerie.learning.folder import MODEL_FILE
from menagerie.learning.loading import load_model, read_model
from menagerie.learning.placing import placing
from menagerie.learning.predict import Predictor
from menagerie.learning.samples import open_release

Images = NDArray[np.float32]
Ask = Callable[[Images], Any]


def export(
    model_dir: Path, release_dir: Path | None, format_name: str, final: Path
) -> tuple[int, float]:
    """Write a model as `final`; return how many photos it was tried on, and the difference.

    Without a release it is tried on noise.

    Raises:
        OutputError: something else is in its place.
        BusyError: another process writes it.
        TrainingError: the model cannot be used or written, or answers otherwise.
    """
    predictor = Predictor(model_dir)
    tiles = _noise(predictor.image_size_px) if release_dir is None else _photos(release_dir)
    expected = predictor.probabilities(tiles)
    write, open_again = WAYS[format_name]
    with placing(final) as unfinished:
        try:
            write(bare(load_model(model_dir / MODEL_FILE)), unfinished)
            answers = np.asarray(open_again(unfinished)(tiles.astype(np.float32)))
        except Exception as error:  # Converters raise whatever they stumble on.
            raise TrainingError(_why_not(model_dir, format_name, final, error)) from error
        difference = float(np.abs(answers - expected).max())
        if not difference <= LARGEST_DIFFERENCE:
            raise TrainingError(
                f"{model_dir} as {format_name} answers otherwise than the model itself: by up to"
                f" {difference:.2g} on {len(tiles)} photos, where {LARGEST_DIFFERENCE:.0e} may be."
                " It was not kept; choose another format."
            )
    return 0 if release_dir is None else len(tiles), difference


def _photos(release_dir: Path) -> NDArray[np.uint8]:
    samples = open_release(release_dir).samples("test")
    return samples.tiles(np.linspace(0, len(samples) - 1, min(SAMPLES, len(samples))).astype(int))


def _noise(size_px: int) -> NDArray[np.uint8]:
    shape = (SAMPLES, size_px, size_px, 3)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _why_not(model_dir: Path, format_name: str, final: Path, error: Exception) -> str:
    if has_no_room(error):
        return (
            f"The disk of {final.parent} is full, and nothing was exported. Free some space there,"
            " or name another folder with --out, and run the same command again."
        )
    said = " ".join(str(error).split())[:200].rstrip(".") or repr(error)
    return f"{model_dir} cannot be written as {format_name}: {said}. Choose another format."


def bare(model: Any) -> Any:
    """Return a network of the same layers without those that only work while it is trained."""
    keras = import_keras()
    if not hasattr(model, "operations") and not isinstance(model, keras.Sequential):
        # A class of somebody's own: told so once, it stays so.
        inputs = keras.Input(model.input_shape[1:])
        return keras.Model(inputs, model(inputs, training=False), name=model.name)
    drawn = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    # One that is called twice, as for a photo and its mirror image, stays one.
    nested: dict[int, Any] = {}

    def call(layer: Any, *inputs: Any, **options: Any) -> Any:
        if _is_at_work_unless_told(layer) and layer.output.shape == layer.input.shape:
            return inputs[0]
        if any(_is_at_work_unless_told(inner) for inner in getattr(layer, "layers", ())):
            if id(layer) not in nested:
                nested[id(layer)] = bare(layer)
            return nested[id(layer)](*inputs, **options)
        return layer(*inputs, **options)

    return keras.models.clone_model(drawn, clone_function=lambda layer: layer, call_function=call)


def _is_at_work_unless_told(layer: Any) -> bool:
    training = inspect.signature(type(layer).call).parameters.get("training")
    return training is not None and training.default is True


def _save(model: Any, path: Path) -> None:
    model.save(path)


def _open_keras(path: Path) -> Ask:
    # As plainly as a stranger would call it.
    model: Ask = read_model(path)
    return model


def _save_savedmodel(model: Any, path: Path) -> None:
    model.export(path, format="tf_saved_model", verbose=False)


def _open_savedmodel(path: Path) -> Ask:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    signature = loaded.signatures["serving_default"]

    def ask(images: Images) -> Any:
        (answers,) = signature(tf.constant(images)).values()
        return answers

    # A signature does not keep its model alive.
    ask.model = loaded  # type: ignore[attr-defined]
    return ask


def _save_litert(model: Any, path: Path) -> None:
    model.export(path, format="litert", verbose=False)


def _open_litert(path: Path) -> Ask:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        # TensorFlow still has the same interpreter, and warns that it will not have it for ever.
        import tensorflow as tf

        Interpreter = tf.lite.Interpreter  # noqa: N806  # a class

    interpreter = Interpreter(str(path))
    number = interpreter.get_input_details()[0]["index"]

    def ask(images: Images) -> Any:
        interpreter.resize_tensor_input(number, images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(number, images)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    return ask


def _save_onnx(model: Any, path: Path) -> None:
    for layer in model._flatten_layers():
        # A tensor of TensorFlow becomes an input of the graph that nobody feeds; an array stays.
        if isinstance(layer, import_keras().layers.Normalization):
            layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)
    # Keras exports to ONNX only what was called before.
    model(np.zeros((1, *model.input_shape[1:]), np.float32))
    with warnings.catch_warnings():
        # Keras mends what tf2onnx expects of an older numpy, and numpy remarks on it.
        warnings.simplefilter("ignore", FutureWarning)
        model.export(path, format="onnx", verbose=False)


def _open_onnx(path: Path) -> Ask:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: session.run(None, {name: images})[0]


WAYS: dict[str, tuple[Callable[[Any, Path], None], Callable[[Path], Ask]]] = {
    "keras": (_save, _open_keras),
    "h5": (_save, _open_keras),
    "savedmodel": (_save_savedmodel, _open_savedmodel),
    "litert": (_save_litert, _open_litert),
    "onnx": (_save_onnx, _open_onnx),
}
