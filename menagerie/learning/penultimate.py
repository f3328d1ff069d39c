"""What a network sees before it decides: the values that its last layer makes classes of."""

from typing import Any

from menagerie.learning.backend import import_keras

# An activation, a dropout and the like may stand between; more would be another kind of network.
_STEPS_BACK = 4


def penultimate(model: Any) -> Any | None:
    """Return a model from images to features (n, features), None if this network has none.

    It shares the network's weights. One that asks another network of a photo and of its mirror
    image gives the features of the photo as it stands.
    """
    core = _core(model)
    classes = model.output_shape[-1]
    # `output` of a loaded Sequential says that it was never called.
    tensor = last = core.outputs[0]
    for _ in range(_STEPS_BACK):
        before = _before(tensor)
        if before is None:
            break
        tensor = before
        if len(tensor.shape) == 2 and tensor.shape[-1] != classes:
            return import_keras().Model(core.inputs, tensor)
    # As many features as classes: a network of very few values.
    tensor = _before(last)
    flat = tensor is not None and len(tensor.shape) == 2
    return import_keras().Model(core.inputs, tensor) if flat else None


def _core(model: Any) -> Any:
    """Return the network inside that takes the same images and gives the same classes."""
    model_class = import_keras().Model
    for layer in getattr(model, "layers", ()):
        is_alike = isinstance(layer, model_class) and layer.input_shape == model.input_shape
        if is_alike and layer.output_shape == model.output_shape:
            return _core(layer)
    return model


def _before(tensor: Any) -> Any | None:
    """Return the one tensor that a tensor was made of, None if there are several or none."""
    operation, node_index, _ = getattr(tensor, "_keras_history", (None, 0, 0))
    if operation is None or not operation._inbound_nodes:
        return None
    inputs = operation._inbound_nodes[node_index].input_tensors
    return inputs[0] if len(inputs) == 1 else None
