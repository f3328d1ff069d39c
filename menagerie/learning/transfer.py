"""Transfer: a pretrained backbone with a small head, as for little data.

The backbone looks at each photo once; what it says is kept in a file beside the models. A head is
trained on that, and then, where the recipe says so, the backbone's last blocks with it.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from menagerie.learning import optimizers
from menagerie.learning.accelerator import keep_single_precision
from menagerie.learning.augmentation import augmented, resolved
from menagerie.learning.backbone import SIZE_PX, WHOLE_PX, backbone_layers
from menagerie.learning.folder import features_path, remove_other_features
from menagerie.learning.planning import Plan, Task, before, class_weights, prepare
from menagerie.learning.planning import with_mirror_image as mirrored
from menagerie.learning.samples import Samples
from menagerie.recipe import Augmentation

_BATCH = 32
_BATCHES_A_NOTE = 4
_RATE = 1e-3
_DROPOUT = 0.5
_HEAD_EPOCHS = 30
"""Epochs in which the head is trained alone before fine-tuning."""

_AUGMENTATION = Augmentation(
    preset="own", width_shift=0.1, height_shift=0.1, horizontal_flip=True, fill="reflect"
)


def plan_transfer(task: Task) -> Plan:
    """Build the head of a backbone, and fit it on features; or the backbone's end with it.

    Raises:
        BackboneError: the backbone cannot be had.
        RecipeError: a metric or a weight of the recipe cannot be used.
    """
    training = task.training
    inputs = layers.Input((task.size_px, task.size_px, 3))
    backbone, prepared = backbone_layers(training.backbone, _cut(inputs))
    # Its normalisations stay as they were trained, also where its blocks are trained on.
    trunk = keras.Model(inputs, backbone(prepared, training=False))
    seen = Samples(_features(task, trunk), task.samples.y)
    head = _head(trunk.output_shape[-1], task.classes)
    core = keras.Model(inputs, head(trunk.output), name="transfer")
    asked = resolved(training.augmentation, _AUGMENTATION)
    published = mirrored(core) if asked.horizontal_flip else core
    weights = class_weights(task)
    backbone.trainable = False
    batch_size = training.batch_size
    steps = task.steps(batch_size)
    prepare(head, training, _optimizer(task, steps), None)
    if not training.fine_tune_blocks:
        return Plan(head, seen, batch_size, published, weights)
    head.fit(task.feed(seen, batch_size), epochs=_HEAD_EPOCHS, verbose=0, class_weight=weights)
    _unfreeze(backbone, training.fine_tune_blocks)
    model = before(core, lambda x: augmented(x, asked))
    prepare(model, training, optimizers.make("adamw", training.fine_tune_rate, 0.0, steps), None)
    return Plan(model, task.samples, batch_size, published, weights)


def _optimizer(task: Task, steps: int) -> Any:
    training = task.training
    if training.optimizer == "network":
        return optimizers.make("adamw", _RATE, training.weight_decay, steps)
    return optimizers.chosen(training, steps)


def _cut(x: Any) -> Any:
    """Give the backbone the middle of images, as it was trained; see `backbone.model_input`."""
    if x.shape[1] != WHOLE_PX:
        x = layers.Resizing(WHOLE_PX, WHOLE_PX)(x)
    return layers.CenterCrop(SIZE_PX, SIZE_PX)(x)


def _head(features: int, classes: int) -> Any:
    inputs = layers.Input((features,))
    x = layers.Dropout(_DROPOUT)(inputs)
    outputs = layers.Dense(classes, activation="softmax", kernel_initializer="zeros")(x)
    head = keras.Model(inputs, outputs, name="head")
    keep_single_precision(head)
    return head


def _features(task: Task, trunk: Any) -> Path:
    """Return the file of the features of train, float16 (n, features), made if it is not there."""
    path = features_path(task.cache, task.release_id, _sha256(trunk))
    if path.is_file():
        return path
    remove_other_features(task.cache, task.release_id)
    partial = path.with_name(f"{path.name}.partial")
    # Blocks behind a header: pages written through a map would count as this process's memory.
    with partial.open("wb") as file:
        shape = (len(task.samples), trunk.output_shape[-1])
        header = {"descr": "<f2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for number, (tiles, _) in enumerate(task.samples.batches(_BATCH)):
            if number % _BATCHES_A_NOTE == 0:
                done = number * _BATCH
                task.note(f"the backbone has seen {done:,} of {len(task.samples):,} photos")
            # Always the same shape, or the network would be compiled for each.
            batch = np.zeros((_BATCH, *tiles.shape[1:]), np.uint8)
            batch[: len(tiles)] = tiles
            found = np.asarray(trunk.predict_on_batch(batch), np.float16)[: len(tiles)]
            file.write(found.tobytes())
    partial.replace(path)
    return path


def _sha256(trunk: Any) -> str:
    """Return what tells a backbone, with its cut and its weights, from others."""
    found = hashlib.sha256(f"{keras.__version__} {trunk.input_shape}".encode())
    for variable in trunk.variables:
        found.update(np.asarray(variable).tobytes())
    return found.hexdigest()


def _unfreeze(backbone: Any, blocks: int) -> None:
    """Let the last blocks be trained, but for their normalisations."""
    with_weights = [each for each in backbone._flatten_layers(include_self=False) if each.weights]
    names = list(dict.fromkeys(_block(layer.name) for layer in with_weights))
    last = set(names[-blocks:])
    backbone.trainable = True
    for layer in with_weights:
        frozen = isinstance(layer, layers.BatchNormalization) or _block(layer.name) not in last
        layer.trainable = not frozen


def _block(layer: str) -> str:
    """Name the block of a layer: `block3.expand`, `block5_conv2` and `conv5_block3_1_conv` say it.

    A layer that stands in no block is one by itself.
    """
    found = re.match(r"(.*?block_?\d+[a-z]?)(?:[._]|$)", layer)
    return found[1] if found else layer
