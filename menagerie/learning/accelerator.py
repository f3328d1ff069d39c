"""What a graphics processor is used for where Keras finds one; without one nothing changes."""

import importlib
from typing import Any

from menagerie.learning.backend import import_keras

MIXED = "mixed_float16"
_PLAIN = "float32"


def has_gpu() -> bool:
    """Tell whether Keras, on the backend that it runs on, sees a graphics processor."""
    keras = import_keras()
    if keras.backend.backend() == "torch":
        # Keras lists no devices of PyTorch's.
        return bool(importlib.import_module("torch").cuda.is_available())
    return any("gpu" in device.lower() for device in keras.distribution.list_devices())


def use_mixed_precision() -> None:
    """Compute in half precision from here on, and keep weights in single, where it is faster."""
    if has_gpu():
        import_keras().config.set_dtype_policy(MIXED)


def jit_compile() -> bool | str:
    """Tell what `compile` is to be told about XLA."""
    # XLA is 4-8 times slower than plain TensorFlow on a CPU; JAX cannot do without.
    on_processor = import_keras().backend.backend() == "tensorflow" and not has_gpu()
    return False if on_processor else "auto"


def keep_single_precision(layer: Any) -> None:
    """Let a layer, and all within it, compute in single precision.

    Probabilities need it, and so does a model that is to run on processors without half precision.
    """
    for each in layer._flatten_layers():
        if each.dtype_policy.name.startswith("mixed_"):
            each.dtype_policy = _PLAIN
