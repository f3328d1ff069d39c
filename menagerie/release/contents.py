"""What a release will hold: who stands where, and who does not stand in it and why."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from menagerie import __version__
from menagerie.catalog.releases import RULES, Judged
from menagerie.curation.reasons import Reason, State
from menagerie.errors import ReleaseError
from menagerie.licenses import License, by_id
from menagerie.photos.decode import DECODER
from menagerie.photos.row import Side
from menagerie.photos.tiles import tile_spec
from menagerie.recipe import Recipe
from menagerie.release.split import Member, Split, assign, draw

SPLITS: tuple[Side, Side] = ("train", "test")

_TIES_KEPT = {Reason.ACCEPTED, Reason.DUPLICATE, Reason.NEAR_DUPLICATE}


def as_judged(photos: Sequence[Judged]) -> list[Judged]:
    """Forget which photos the last release left out as bridges: each release decides afresh."""
    return [
        replace(photo, reason=Reason.ACCEPTED) if photo.reason is Reason.BRIDGES_SPLIT else photo
        for photo in photos
    ]


@dataclass(frozen=True, slots=True)
class Contents:
    """The samples of each split in the order of their rows, and the photos left out.

    `source` is `flickr`, or `sandbox` for demos, or the kind of source that is no host; `names`
    holds licences, by readable id, that the source calls otherwise than `menagerie.licenses`;
    `decoder` is what cut the samples.
    """

    recipe: Recipe
    source: str
    samples: Mapping[Side, Sequence[Judged]]
    rejected: Sequence[Judged]
    names: Mapping[str, License] = field(default_factory=dict)
    decoder: str = DECODER

    def license(self, photo: Judged) -> License:
        """Return a photo's licence, called as its source calls it."""
        return self.names.get(photo.license) or by_id(photo.license)

    @property
    def all_samples(self) -> list[Judged]:
        """Every sample, train first."""
        return [photo for split in SPLITS for photo in self.samples[split]]

    def class_counts(self, split: Side) -> dict[str, int]:
        """Count the samples of each class in a split."""
        counts = Counter(photo.label for photo in self.samples[split])
        return {label: counts[label] for label in self.recipe.labels}

    def inputs(self) -> str:
        """Hash everything that the bytes of the release follow from."""
        document = [
            __version__,
            self.source,
            tile_spec(self.recipe.release),
            shaping(self.recipe).model_dump(mode="json"),
            [[_record(photo) for photo in self.samples[split]] for split in SPLITS],
            [_record(photo) for photo in self.rejected],
        ]
        licenses = {photo.license: self.license(photo) for photo in self.all_samples}
        renamed = [
            [name, license.name, license.url]
            for name, license in sorted(licenses.items())
            if license != by_id(name)
        ]
        # Nearly always empty; what was built without it need not be built again.
        document += [renamed] if renamed else []
        return hashlib.sha256(json.dumps(document).encode()).hexdigest()


def _record(photo: Judged) -> list[object]:
    # Catalog keys and places of tiles differ between homes that hold the same photos.
    local = {"key", "group_key", "block", "row"}
    return [getattr(photo, name) for name in Judged.__dataclass_fields__ if name not in local]


def shaping(recipe: Recipe) -> Recipe:
    """Return the recipe with the sections that do not shape a release at their defaults.

    So that another number of epochs or another schedule does not make another release. Of the
    path of a source its last part stays: where it lies on a machine is nobody else's business.
    """
    kept = recipe.training.model_copy(
        update={
            name: field.get_default(call_default_factory=True)
            for name, field in type(recipe.training).model_fields.items()
            if name != "seed"
        }
    )
    default = type(recipe).model_fields["schedule"].get_default(call_default_factory=True)
    source = recipe.source.model_copy(update={"path": Path(recipe.source.path).name})
    return recipe.model_copy(update={"training": kept, "schedule": default, "source": source})


def place(photos: Sequence[Judged], earlier: Mapping[str, Side], recipe: Recipe) -> Split:
    """Place every sound photo on a side, duplicates with the photo kept instead of them."""
    members = [
        Member(
            photo_id=photo.photo_id,
            label=photo.label,
            ties=_ties(photo),
            released=photo.reason is Reason.ACCEPTED,
            given=photo.given_side,
        )
        for photo in photos
        if photo.reason in _TIES_KEPT
    ]
    return assign(members, earlier, recipe.release.test_fraction, recipe.training.seed)


def _ties(photo: Judged) -> tuple[str, ...]:
    # Photos whose owner nobody knows are not tied by that.
    by_owner = (f"owner {photo.owner}",) if photo.owner else ()
    return (*by_owner, f"group {photo.group_key}")


def fill(photos: Sequence[Judged], split: Split, recipe: Recipe, source: str) -> Contents:
    """Put the accepted photos in the rows of their split, shuffled by the recipe's seed.

    Raises:
        ReleaseError: a class has too few photos, or none in one of the splits.
    """
    bridged = [
        replace(photo, reason=Reason.BRIDGES_SPLIT, decided_by=RULES)
        if photo.reason is Reason.ACCEPTED and photo.photo_id in split.bridges
        else photo
        for photo in photos
    ]
    kept = [photo for photo in bridged if photo.reason is Reason.ACCEPTED]
    kept.sort(key=lambda photo: draw(recipe.training.seed, photo.photo_id))
    contents = Contents(
        recipe,
        source,
        {side: [p for p in kept if split.sides[p.photo_id] == side] for side in SPLITS},
        [p for p in bridged if p.reason.state is State.REJECTED],
    )
    _refuse_small_classes(contents)
    return contents


def _refuse_small_classes(contents: Contents) -> None:
    minimum = contents.recipe.release.min_per_class
    counts = {side: contents.class_counts(side) for side in SPLITS}
    for label in contents.recipe.labels:
        train, test = counts["train"][label], counts["test"][label]
        if train + test < minimum:
            raise ReleaseError(
                f"The class {label!r} has {train + test} usable photos and the recipe wants at"
                f" least {minimum} (release.min_per_class). Collect more, or lower the minimum;"
                " nothing was published."
            )
        if not train or not test:
            raise ReleaseError(
                f"The class {label!r} has {train} photos to train and {test} to test with: its"
                " owners cannot be divided. Collect photos of more owners, or change"
                " release.test_fraction; nothing was published."
            )
