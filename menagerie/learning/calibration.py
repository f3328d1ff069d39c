"""What makes a model's probabilities mean what they say, and when it had better say nothing.

`calibration.json` in a model's folder holds a temperature and a threshold. A prediction divides
the logarithms of the probabilities by the temperature and norms them again (temperature scaling:
C. Guo et al., "On calibration of modern neural networks", ICML 2017), which never changes the
order of the classes. If the best one then stays below the threshold, it is none of these.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter

from menagerie.errors import TrainingError
from menagerie.folders import replacing
from menagerie.wording import said_of

CALIBRATION_FILE = "calibration.json"

REJECT_ERROR = 0.05
"""By default so many of the photos that would be named rightly may be called none of these."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature and a threshold, and where they come from; without them a model as it is.

    They were fitted to `samples` photos of the test split of `release`, so that at most the
    share `reject_error` of photos that would be named rightly stay below the threshold.
    """

    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.0
    reject_error: float = REJECT_ERROR
    release: str = ""
    samples: int = 0

    def write(self, folder: Path) -> None:
        """Write `calibration.json` into a model's folder, in one step."""
        with replacing(folder / CALIBRATION_FILE) as partial:
            partial.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


_CALIBRATION = TypeAdapter(Calibration)


def read_calibration(folder: Path) -> Calibration | None:
    """Read the calibration of a model, None where there is none.

    Raises:
        TrainingError: the file cannot be used.
    """
    path = folder / CALIBRATION_FILE
    try:
        return _CALIBRATION.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{path} cannot be used: {said_of(error)}."
            " Run `menagerie evaluate` again, or remove the file."
        ) from None


def scaled(
    probabilities: NDArray[np.float32], temperature: float | NDArray[np.float32]
) -> NDArray[np.float32]:
    """Sharpen (below 1) or soften probabilities (n, classes) by one temperature, or one a row."""
    logits = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    logits /= np.asarray(temperature, np.float32).reshape(-1, 1)
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    norms: NDArray[np.float32] = raised / raised.sum(axis=1, keepdims=True)
    return norms
