"""Optimizers and their schedules, by the names that a recipe may use."""

from typing import Any

import keras

from menagerie.learning.muon import Muon
from menagerie.recipe import Training

_BY_NAME = {
    "adadelta": keras.optimizers.Adadelta,
    "adagrad": keras.optimizers.Adagrad,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "lion": keras.optimizers.Lion,
    "muon": Muon,
    "nadam": keras.optimizers.Nadam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}
# Adam has no weight decay, and AdamW is Adam with it.
_WITHOUT_DECAY = {"adadelta", "adagrad", "adam", "nadam", "rmsprop", "sgd"}


def chosen(training: Training, steps: int) -> Any:
    """Make the optimizer that a recipe names, for so many steps in all."""
    return make(training.optimizer, training.learning_rate, training.weight_decay, steps)


def make(name: str, rate: float, weight_decay: float, steps: int) -> Any:
    """Make an optimizer whose rate climbs to `rate` and falls to 0 along a cosine."""
    options: dict[str, Any] = {} if name in _WITHOUT_DECAY else {"weight_decay": weight_decay}
    if name == "sgd":
        options = {"momentum": 0.9, "nesterov": True}
    optimizer = _BY_NAME[name](warmed_up(rate, steps), **options)
    if "weight_decay" in options:
        optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def warmed_up(rate: float, steps: int) -> Any:
    """Climb to the rate over a twentieth of the steps, then fall to 0 along a cosine."""
    warm_up = steps // 20
    if warm_up == 0:
        # The first step of a climb is at 0, and so few steps can spare none.
        return keras.optimizers.schedules.CosineDecay(rate, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up, warmup_target=rate, warmup_steps=warm_up
    )


def of_cifar_cnn() -> Any:
    """RMSprop of the Keras 2 example: rate 1e-4, decay 1e-6."""
    # Keras 2's `decay` divided the rate by 1 + decay * step, and it added its epsilon of 1e-7 to
    # the root; Keras 3 adds its own to what stands under the root, where 1e-7 would dwarf the
    # small gradients of this network.
    return keras.optimizers.RMSprop(
        keras.optimizers.schedules.InverseTimeDecay(1e-4, decay_steps=1, decay_rate=1e-6),
        epsilon=1e-14,
    )


def of_mnist_cnn() -> Any:
    """Adadelta of the Keras 2 example: rate 1.0."""
    return keras.optimizers.Adadelta(1.0)
