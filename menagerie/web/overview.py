"""What the first page shows of a dataset: where its photos stand, its releases and its models."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pyarrow import ArrowException

from menagerie.catalog.curation import funnel
from menagerie.catalog.history import model_times
from menagerie.catalog.license_names import licenses_by_id
from menagerie.catalog.photos import dataset_source
from menagerie.curation.reasons import Reason, State
from menagerie.errors import MissingReleaseError
from menagerie.history import Entry as Release
from menagerie.history import list_releases
from menagerie.learning.listing import Entry as Model
from menagerie.learning.listing import list_models
from menagerie.licenses import License
from menagerie.recipe import Recipe
from menagerie.release.credits import license_of
from menagerie.release.current import current_release
from menagerie.release.tables import MANIFEST, batches_of
from menagerie.web.api import counted
from menagerie.web.shapes import Funnel
from menagerie.web.site import Site

MOST_SHOWN = 12
"""So many releases and models stand in a chart, the newest."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a whole; `share` is from 0 to 1, `link` an address or empty."""

    name: str
    count: int
    share: float
    about: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """A dataset as the first page shows it. Releases and models stand the oldest first."""

    recipe: Recipe
    funnel: Funnel
    reasons: dict[str, list[Bar]]
    balance: list[Bar]
    licenses: list[Bar] | None
    releases: list[Release]
    models: list[Model]
    can_predict: bool

    @property
    def champion(self) -> Model | None:
        """The model in use."""
        return next((model for model in self.models if model.champion), None)

    @property
    def current(self) -> Release | None:
        """The current release."""
        return next((release for release in self.releases if release.current), None)


def overview_of(site: Site, name: str) -> Overview:
    """Gather what the first page shows of a dataset.

    Raises:
        RecipeError: its recipe cannot be used.
    """
    recipe, catalog = site.recipe(name), site.shop.catalog
    folder = site.shop.settings.dataset_dir(name)
    found = counted(recipe, funnel(catalog, recipe))
    releases = list_releases(catalog, folder)[:MOST_SHOWN]
    models = list_models(folder, model_times(catalog, name))
    # The champion is shown, however old it is.
    shown = [m for place, m in enumerate(models) if place < MOST_SHOWN or m.champion]
    names = licenses_by_id(catalog, dataset_source(catalog, name))
    return Overview(
        recipe=recipe,
        funnel=found,
        reasons={state.value: _reasons(found, state) for state in State},
        balance=_balance(found),
        licenses=_licenses(folder, names),
        releases=releases[::-1],
        models=shown[::-1],
        can_predict=any(model.champion for model in models),
    )


def _reasons(found: Funnel, state: State) -> list[Bar]:
    named = [(Reason(name), count) for name, count in found.reasons.items()]
    return [
        Bar(reason.value.replace("_", " "), count, count / found.found, reason.meaning)
        for reason, count in sorted(named, key=lambda each: -each[1])
        if reason.state is state
    ]


def _balance(found: Funnel) -> list[Bar]:
    """Compare the photos that each class keeps; the largest class is the whole bar."""
    kept = {label: states[State.KEPT.value] for label, states in found.classes.items()}
    most = max(kept.values(), default=0) or 1
    return [Bar(label, count, count / most) for label, count in kept.items()]


def _licenses(folder: Path, names: Mapping[str, License]) -> list[Bar] | None:
    """Count the licences of the current release; None if its manifest cannot be read."""
    try:
        manifest = current_release(folder) / MANIFEST
        counts = _counted(manifest, manifest.stat().st_mtime_ns)
    except (MissingReleaseError, FileNotFoundError):
        return []
    except (ArrowException, OSError):
        return None
    total = sum(count for _, count in counts)
    found = [(license_of(name, names), count) for name, count in counts]
    return [
        Bar(license.name, count, count / total, link=_safe(license.url)) for license, count in found
    ]


@lru_cache(maxsize=64)
def _counted(manifest: Path, _written: int) -> Sequence[tuple[str, int]]:
    """Count the licences in a manifest, the most frequent first."""
    counts = Counter[str]()
    for batch in batches_of(manifest, "license"):
        counts.update(batch["license"].to_pylist())
    return counts.most_common()


def _safe(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""
