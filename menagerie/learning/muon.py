"""Muon: an optimizer whose steps turn all directions of a matrix of weights alike.

Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024, with the step's
size of Liu et al., "Muon is Scalable for LLM Training", arXiv:2502.16982. `keras.optimizers.Muon`
of Keras 3.15 leaves the kernels of convolutions, which have four axes, to Adam; here they are
matrices of all that goes into a filter by filters, and so most weights of a small network are
Muon's.
"""

from typing import Any

import keras
from keras import ops

# The quintic whose repetition brings singular values near 1 in the fewest steps (Jordan et al.).
_A, _B, _C = 3.4445, -4.7750, 2.0315
_REPETITIONS = 5
# An update of this root mean square is what AdamW's are like (Liu et al.), so rates compare.
_RMS = 0.2
# A matrix with a shorter side has too few directions to turn; Adam steps it.
_SHORTEST_SIDE = 16
_EPSILON = 1e-7


@keras.saving.register_keras_serializable("menagerie")
class Muon(keras.optimizers.Optimizer):  # type: ignore[misc]  # Keras has no types
    """Muon for kernels, AdamW for all else: biases, scales, kernels of few filters."""

    def __init__(
        self,
        learning_rate: Any = 0.01,
        weight_decay: float | None = 0.1,
        momentum: float = 0.95,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        name: str = "muon",
        **options: Any,
    ) -> None:
        super().__init__(
            learning_rate=learning_rate, weight_decay=weight_decay, name=name, **options
        )
        self.momentum = momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def build(self, variables: list[Any]) -> None:
        """Make what is remembered of each variable's gradients."""
        if self.built:
            return
        super().build(variables)
        self._means = self.add_optimizer_variables(variables, "momentum")
        small = [v if _sides(v.shape) is None else None for v in variables]
        self._squares = [
            None if v is None else self.add_variable_from_reference(v, name="velocity")
            for v in small
        ]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Step one variable."""
        index = self._get_variable_index(variable)
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        mean, sides = self._means[index], _sides(variable.shape)
        if sides is None:
            self.assign_sub(variable, rate * self._adam(gradient, mean, self._squares[index]))
            return
        self.assign(mean, self.momentum * mean + gradient)
        ahead = ops.reshape(gradient + self.momentum * mean, sides)
        step = _RMS * max(sides) ** 0.5 * orthogonal(ahead, sides)
        self.assign_sub(variable, rate * ops.reshape(step, variable.shape))

    def _adam(self, gradient: Any, mean: Any, square: Any) -> Any:
        count = ops.cast(self.iterations + 1, gradient.dtype)
        self.assign(mean, self.beta_1 * mean + (1 - self.beta_1) * gradient)
        self.assign(square, self.beta_2 * square + (1 - self.beta_2) * ops.square(gradient))
        # As Keras's Adam does, with the epsilon outside of the correction.
        unbiased = ops.sqrt(1 - ops.power(self.beta_2, count)) / (1 - ops.power(self.beta_1, count))
        return unbiased * mean / (ops.sqrt(square) + _EPSILON)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        own = {"momentum": self.momentum, "beta_1": self.beta_1, "beta_2": self.beta_2}
        return {**super().get_config(), **own}


def _sides(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Return the sides of a kernel as a matrix, None for what Adam is to step."""
    if len(shape) not in {2, 4}:
        return None
    inputs = 1
    for edge in shape[:-1]:
        inputs *= edge
    return (inputs, shape[-1]) if min(inputs, shape[-1]) >= _SHORTEST_SIDE else None


def orthogonal(matrix: Any, sides: tuple[int, int]) -> Any:
    """Return about the orthogonal matrix next to a matrix of these sides, by Newton-Schulz.

    Its singular values lie between 0.7 and 1.2, which is near enough.
    """
    tall = sides[0] > sides[1]
    x = ops.transpose(matrix) if tall else matrix
    x = x / (ops.sqrt(ops.sum(ops.square(x))) + _EPSILON)
    for _ in range(_REPETITIONS):
        square = ops.matmul(x, ops.transpose(x))
        x = _A * x + ops.matmul(_B * square + _C * ops.matmul(square, square), x)
    return ops.transpose(x) if tall else x
