"""What is fitted on what, and which model is published: all that a training section decides."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from menagerie.errors import RecipeError
from menagerie.learning import optimizers
from menagerie.learning.accelerator import jit_compile, keep_single_precision
from menagerie.learning.augmentation import augmented, resolved
from menagerie.learning.models import NETWORKS, Network
from menagerie.learning.normalization import normalized
from menagerie.learning.own_model import own_body
from menagerie.learning.samples import Samples
from menagerie.recipe import Training


@dataclass(frozen=True, slots=True)
class Task:
    """What a plan is made for: samples of so many classes, of which some `rows` are trained on.

    `feed(samples, batch_size)` makes the batches of an epoch. Features of photos are kept in
    `cache` under the name of the release. `note` is told what takes long before the first epoch.
    """

    training: Training
    release_id: str
    samples: Samples
    rows: NDArray[np.int64]
    classes: int
    feed: Callable[[Samples, int], Any]
    cache: Path
    note: Callable[[str], None]

    @property
    def size_px(self) -> int:
        """The edge of the samples."""
        return self.samples.tile_shape[0]

    def steps(self, batch_size: int) -> int:
        """How many steps the training takes in all."""
        return -(-len(self.rows) // batch_size) * self.training.epochs


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled model, and the samples that it is fitted on.

    `published` shares its weights: images of 0-255 in, probabilities out, and nothing in it
    that is there for training alone. `class_weights` says what samples of each class count.
    """

    model: Any
    samples: Samples
    batch_size: int
    published: Any
    class_weights: dict[int, float] | None


def plan(task: Task) -> Plan:
    """Build what a training section asks for.

    Raises:
        BackboneError: the backbone cannot be had.
        RecipeError: it asks for what does not fit the release, or for code that cannot be used.
    """
    training = task.training
    if training.model == "transfer" and not training.build_model:
        from menagerie.learning.transfer import plan_transfer

        return plan_transfer(task)
    network = _own(training) if training.build_model else NETWORKS[training.model]
    batch_size = network.batch_size or training.batch_size
    core = _core(task, network)
    asked = resolved(training.augmentation, network.augmentation)
    model = before(core, lambda x: augmented(x, asked))
    steps = task.steps(batch_size)
    optimizer = None if training.optimizer == "network" else optimizers.chosen(training, steps)
    prepare(model, training, optimizer or network.optimizer(training, steps), network)
    mirrored = network.mirrored and asked.horizontal_flip
    published = with_mirror_image(core) if mirrored else core
    return Plan(model, task.samples, batch_size, published, class_weights(task))


def _own(training: Training) -> Network:
    return Network(
        own_body(training.build_model),
        scale=(1.0, 0.0),
        augmentation=training.augmentation.model_copy(update={"preset": "none"}),
        optimizer=lambda training, steps: optimizers.make(
            "adamw", training.learning_rate, training.weight_decay, steps
        ),
    )


def _core(task: Task, network: Network) -> Any:
    """Build a network with its scaling: images of 0-255 in, probabilities out."""
    inputs = layers.Input((task.size_px, task.size_px, 3))
    if task.training.normalization.is_own:
        x = normalized(inputs, task.training.normalization, task.samples, task.rows)
    elif network.scale == (1.0, 0.0):
        x = inputs
    else:
        x = layers.Rescaling(network.scale[0], offset=network.scale[1])(inputs)
    outputs = network.body(x, task.classes)
    core = keras.Model(inputs, outputs, name=task.training.model)
    keep_single_precision(core.layers[-1])
    return core


def before(core: Any, change: Callable[[Any], Any]) -> Any:
    """Return a model that changes images and then asks another one, whose weights it shares."""
    inputs = layers.Input(core.input_shape[1:])
    return keras.Model(inputs, core(change(inputs)))


def with_mirror_image(core: Any) -> Any:
    """Return a model that asks another one of each image and its mirror image; the mean counts."""
    size = core.input_shape[1]
    inputs = layers.Input(core.input_shape[1:])
    # A product with a matrix that has its ones on the other diagonal turns columns round. Keras
    # has no layer that always mirrors, and an h5 file holds layers only.
    mirror = layers.EinsumDense(
        "bhwc,wv->bhvc", (size, size, 3), trainable=False, name="mirror", dtype="float32"
    )
    turned = mirror(inputs)
    mirror.set_weights([np.eye(size, dtype=np.float32)[::-1]])
    outputs = layers.Average(dtype="float32")([core(inputs), core(turned)])
    return keras.Model(inputs, outputs, name=core.name)


def prepare(model: Any, training: Training, optimizer: Any, network: Network | None) -> None:
    """Compile a model with the loss and the metrics that are asked for.

    Raises:
        RecipeError: there is no such metric.
    """
    if training.loss != "network":
        loss = keras.losses.get(training.loss)
    else:
        smoothing = network.label_smoothing if network else 0.0
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    # The class that Keras calls so compares probabilities with ones and zeros.
    others = [name for name in training.metrics if name.lower() != "accuracy"]
    metrics = ["accuracy", *(_metric(name, model.output_shape[-1]) for name in others)]
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics, jit_compile=jit_compile())


def _metric(name: str, classes: int) -> Any:
    try:
        metric = keras.metrics.get(name)
        if not isinstance(metric, keras.metrics.Metric):
            metric = keras.metrics.MeanMetricWrapper(metric, name=name)
        # `Mean` and `Sum` would take the answers for the weights of the classes.
        if "y_pred" not in signature(metric.update_state).parameters:
            raise ValueError("It compares no answers with classes.")
        one_each = np.eye(classes, dtype=np.float32)
        metric.update_state(one_each, one_each)
        number = float(metric.result())
        metric.reset_state()
    except Exception as error:  # Keras raises what its constructors and shapes happen to raise.
        said = (str(error).splitlines() or [repr(error)])[0].rstrip(".")
        raise RecipeError(
            f"training.metrics names {name!r}, which is no metric of Keras that gives one number"
            f" of probabilities: {said}. Name one such as TopKCategoricalAccuracy."
        ) from None
    assert isinstance(number, float)
    return metric


def class_weights(task: Task) -> dict[int, float] | None:
    """Return what a sample of each class counts, None where all count alike.

    Raises:
        RecipeError: there are more or fewer weights than classes.
    """
    given, balance = task.training.class_weights, task.training.balance_classes
    if given and len(given) != task.classes:
        raise RecipeError(
            f"training.class_weights holds {len(given)} numbers, but there are {task.classes}"
            " classes. Give one for each, in the order of the recipe."
        )
    if not given and not balance:
        return None
    weights = np.array(given or [1.0] * task.classes)
    if balance:
        counts = np.bincount(task.samples.y[task.rows], minlength=task.classes)
        weights = weights * len(task.rows) / (task.classes * counts)
    return {number: float(weight) for number, weight in enumerate(weights)}
