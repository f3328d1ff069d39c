"""When a model had better say nothing: its temperature, and how sure it must be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from menagerie.errors import TrainingError

CALIBRATION_FILE = "calibration.json"

# Probabilities of exactly 0 have no logarithm.
_LEAST = np.finfo(np.float32).tiny


@dataclass(frozen=True, slots=True)
class Calibration:
    """What `calibration.json` of a model folder says; other keys of it are for people.

    Logits are divided by `temperature`; a photo whose best probability is then below `threshold`
    is none of the classes.
    """

    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.0

    def scale(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities (n, classes) as they are at this temperature."""
        if self.temperature == 1.0:
            return probabilities
        # The logarithms are the logits but for a summand, which the softmax takes out again.
        logits = np.log(np.maximum(probabilities, _LEAST)) / self.temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        scaled: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
        return scaled


_CALIBRATION = TypeAdapter(Calibration)


def read_calibration(model_dir: Path) -> Calibration:
    """Read `calibration.json`; a model without it is taken at its word.

    Raises:
        TrainingError: the file cannot be used.
    """
    path = model_dir / CALIBRATION_FILE
    try:
        return _CALIBRATION.validate_json(path.read_bytes())
    except FileNotFoundError:
        return Calibration()
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{path} cannot be used: {str(error).splitlines()[0]}."
            " Run `menagerie evaluate` again, or remove the file."
        ) from None
