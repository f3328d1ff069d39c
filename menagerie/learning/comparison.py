"""A model against the champion, on the same photos."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from menagerie.folders import replacing

COMPARISON_FILE = "comparison.json"

SIGNIFICANT = 0.05
MARGIN = 0.01
"""Of all photos so many may be lost by a model that is called not worse."""


def exact_mcnemar(fewer: int, more: int) -> float:
    """Return how probably chance alone gives `fewer` or less out of both, one-sided.

    The exact, binomial form of Q. McNemar, "Note on the sampling error of the difference
    between correlated proportions or percentages", Psychometrika 12 (1947), 153-157: photos
    that both models name rightly, or neither does, tell nothing about their difference; each of
    the others is won by one of two equal models as a coin falls.
    """
    from scipy.special import bdtr

    return float(bdtr(fewer, fewer + more, 0.5)) if fewer + more else 1.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many test photos of `release` a model and the champion named rightly.

    Only photos count that neither was trained on.
    """

    model: str
    champion: str
    release: str
    both: int
    only_model: int
    only_champion: int
    neither: int

    @property
    def samples(self) -> int:
        """How many photos both were asked about."""
        return self.both + self.only_model + self.only_champion + self.neither

    @property
    def accuracy(self) -> float:
        """The model's accuracy on these photos."""
        return (self.both + self.only_model) / max(1, self.samples)

    @property
    def champion_accuracy(self) -> float:
        """The champion's accuracy on these photos."""
        return (self.both + self.only_champion) / max(1, self.samples)

    @property
    def p_worse(self) -> float:
        """How probably a model as good as the champion comes off so badly: small means worse."""
        return exact_mcnemar(self.only_model, self.only_champion)

    @property
    def p_better(self) -> float:
        """How probably a model as good as the champion comes off so well: small means better."""
        return exact_mcnemar(self.only_champion, self.only_model)

    @property
    def p_value(self) -> float:
        """The two-sided value: how probably equal models differ by so much."""
        return min(1.0, 2 * min(self.p_worse, self.p_better))

    @property
    def not_worse(self) -> bool:
        """Whether the model is neither shown to be worse nor loses more than the margin."""
        lost = self.only_champion - self.only_model
        return self.p_worse >= SIGNIFICANT and lost <= MARGIN * self.samples

    @property
    def better(self) -> bool:
        """Whether the model is shown to be better."""
        return self.p_better < SIGNIFICANT

    def to_json(self) -> dict[str, Any]:
        """Return what `comparison.json` holds."""
        figures = {
            name: getattr(self, name)
            for name in ("samples", "accuracy", "champion_accuracy", "p_worse", "p_better")
        }
        return {**asdict(self), **figures}

    def write(self, folder: Path) -> None:
        """Write `comparison.json` into the model's folder, in one step."""
        with replacing(folder / COMPARISON_FILE) as partial:
            partial.write_text(json.dumps(self.to_json(), indent=2) + "\n", encoding="utf-8")

    def __str__(self) -> str:
        """Say it in a clause."""
        return (
            f"on {self.samples:,} photos that neither was trained on it names"
            f" {self.only_model:,} rightly that the champion {self.champion} does not, and"
            f" {self.only_champion:,} the other way round ({self.accuracy:.3f} against"
            f" {self.champion_accuracy:.3f}, p = {self.p_value:.2g})"
        )


_COMPARISON = TypeAdapter(Comparison)


def read_comparison(folder: Path) -> Comparison | None:
    """Read the comparison that lies in a model's folder, None where there is none."""
    try:
        return _COMPARISON.validate_json((folder / COMPARISON_FILE).read_bytes())
    except (OSError, ValueError):
        return None
