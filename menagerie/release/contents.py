"""What a release will hold: who stands where, and who does not stand in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from menagerie.catalog.judged import Contender
from menagerie.curation.reasons import Reason, State
from menagerie.errors import ReleaseError
from menagerie.photos.row import Side
from menagerie.recipe import Recipe
from menagerie.release.keys import key_of
from menagerie.release.split import (
    NOWHERE,
    SPLITS,
    TEST,
    TRAIN,
    Members,
    Sides,
    Split,
    assign,
    draws,
    in_order,
)

_TIES_KEPT = (Reason.ACCEPTED, Reason.DUPLICATE, Reason.NEAR_DUPLICATE)
_REASONS = tuple(Reason)
_READ_AT_ONCE = 5_000
_NOBODY = -1


@dataclass(frozen=True, slots=True)
class Contents:
    """The photos of each split in the order of their rows, and those left out.

    `rows` and `rejected` hold the photos' keys in the catalog; `bridges` are those of `rejected`
    that would tie both sides together. `sides` are those of photos that had none before, to be kept
    for later releases. `counts` are the samples of each class. `source` is
    `flickr`, or `sandbox` for demos, or the kind of source that is no host.
    """

    recipe: Recipe
    source: str
    rows: Mapping[Side, NDArray[np.int64]]
    rejected: NDArray[np.int64]
    bridges: NDArray[np.int64]
    sides: Mapping[Side, NDArray[np.int64]]
    counts: Mapping[Side, Mapping[str, int]]


def choose(contenders: Iterable[Contender], recipe: Recipe, source: str) -> Contents:
    """Put the accepted photos in the rows of their split, shuffled by the recipe's seed.

    Every sound photo is placed on a side, duplicates with the photo kept instead of them. The
    order of the contenders is irrelevant.

    Raises:
        ReleaseError: a class has too few photos, or none in one of the splits; or more photos
            failed for now than the recipe admits.
    """
    table = _Table.read(contenders, recipe)
    _refuse_failures(recipe, table.reasons)
    split = _undivided(table, _place(table, recipe))
    accepted = (table.reasons == _REASONS.index(Reason.ACCEPTED)) & ~split.bridges
    kept = np.flatnonzero(accepted)
    kept = kept[in_order(draws(recipe.training.seed, table.ids.take(pa.array(kept))))]
    of_side = {side: kept[split.sides[kept] == n] for n, side in enumerate(SPLITS)}
    counts = {side: _counts(table.labels[rows], recipe) for side, rows in of_side.items()}
    _refuse_small_classes(recipe, counts)
    is_new = table.earlier == NOWHERE
    states = np.array([reason.state is State.REJECTED for reason in _REASONS])
    return Contents(
        recipe,
        source,
        {side: table.keys[rows] for side, rows in of_side.items()},
        table.keys[states[table.reasons] | split.bridges],
        table.keys[split.bridges],
        {side: table.keys[is_new & (split.sides == n)] for n, side in enumerate(SPLITS)},
        counts,
    )


def without(contents: Contents, left_out: Sequence[Mapping[str, Any]]) -> Contents:
    """Leave out samples, rows of the manifest of these contents, as bridges.

    Raises:
        ReleaseError: a class has too few photos then, or none in one of the splits.
    """
    rows, counts = dict(contents.rows), {side: dict(n) for side, n in contents.counts.items()}
    keys = []
    for side in SPLITS:
        of_side = [row for row in left_out if row["split"] == side]
        places = sorted({row["row"] for row in of_side})
        keys.append(contents.rows[side][places])
        rows[side] = np.delete(contents.rows[side], places)
        for row in of_side:
            counts[side][row["label"]] -= 1
    _refuse_small_classes(contents.recipe, counts)
    more = np.concatenate(keys)
    return replace(
        contents,
        rows=rows,
        counts=counts,
        rejected=np.concatenate([contents.rejected, more]),
        bridges=np.concatenate([contents.bridges, more]),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """Candidates in the order of their ids; every column is (n,). Of owners there are hashes."""

    ids: pa.StringArray
    keys: NDArray[np.int64]
    labels: NDArray[np.int16]
    reasons: NDArray[np.int8]
    owners: NDArray[np.int64]
    groups: NDArray[np.int64]
    given: Sides
    earlier: Sides

    @classmethod
    def read(cls, contenders: Iterable[Contender], recipe: Recipe) -> "_Table":
        """Read contenders, a few thousand at a time."""
        labels = {label: number for number, label in enumerate(recipe.labels)}
        waiting = iter(contenders)
        read = iter(lambda: list(islice(waiting, _READ_AT_ONCE)), [])
        lots = [_numbers(lot, labels) for lot in read]
        ids = pa.concat_arrays([pa.array([], pa.string()), *(ids for ids, _ in lots)])
        # By their bytes, whatever the order of a database is.
        order = pc.sort_indices(ids)
        parts = [numbers for _, numbers in lots]
        numbers = np.concatenate(parts) if parts else np.empty(0, _NUMBERS)
        numbers = numbers[order.to_numpy()]
        columns = {name: np.ascontiguousarray(numbers[name]) for name in _NUMBERS.names or ()}
        return cls(ids.take(order), **columns)


_NUMBERS = np.dtype(
    [
        ("keys", np.int64),
        ("labels", np.int16),
        ("reasons", np.int8),
        ("owners", np.int64),
        ("groups", np.int64),
        ("given", np.int8),
        ("earlier", np.int8),
    ]
)


def _numbers(
    lot: list[Contender], labels: Mapping[str, int]
) -> tuple[pa.StringArray, NDArray[np.void]]:
    sides: dict[str | None, int] = {None: NOWHERE, **{s: n for n, s in enumerate(SPLITS)}}
    reasons = {reason: number for number, reason in enumerate(_REASONS)}
    rows = [
        (
            one.key,
            labels[one.label],
            reasons[one.reason],
            # Photos whose owner nobody knows are not tied by that.
            key_of(one.owner) >> 1 if one.owner else _NOBODY,
            _NOBODY if one.group_key is None else one.group_key,
            sides[one.given],
            sides[one.earlier],
        )
        for one in lot
    ]
    return pa.array([one.photo_id for one in lot], pa.string()), np.array(rows, dtype=_NUMBERS)


def _place(table: _Table, recipe: Recipe) -> Split:
    """Place every sound photo on a side; those that are not sound have none."""
    sound = np.isin(table.reasons, [_REASONS.index(reason) for reason in _TIES_KEPT])
    members = Members(
        table.ids.filter(pa.array(sound)),
        table.labels[sound],
        table.reasons[sound] == _REASONS.index(Reason.ACCEPTED),
        table.given[sound],
        table.earlier[sound],
        _ties(table.owners[sound], table.groups[sound]),
    )
    split = assign(members, recipe.release.test_fraction, recipe.training.seed)
    whole = Split(
        np.full(len(table.keys), NOWHERE, dtype=np.int8), np.zeros(len(table.keys), np.bool_)
    )
    whole.sides[sound] = split.sides
    # A duplicate that would tie the sides together is left out for being a duplicate.
    whole.bridges[sound] = split.bridges & members.released
    return whole


def _undivided(table: _Table, split: Split) -> Split:
    """Leave out the smaller part of what an owner has on both sides.

    Sides are kept, so that comes about when photos of earlier releases turn out to be one owner's.
    """
    released = (table.reasons == _REASONS.index(Reason.ACCEPTED)) & ~split.bridges
    theirs = np.flatnonzero(released & (table.owners != _NOBODY))
    names, owner = np.unique(table.owners[theirs], return_inverse=True)
    sides = split.sides[theirs]
    train, test = (np.bincount(owner[sides == n], minlength=len(names)) for n in (TRAIN, TEST))
    smaller = np.where(train < test, TRAIN, TEST)
    bridges = split.bridges.copy()
    bridges[theirs[((train > 0) & (test > 0))[owner] & (sides == smaller[owner])]] = True
    return Split(split.sides, bridges)


def _ties(*kinds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put ties of several kinds, (n,) each, in one table: (m, 2); a negative one is none."""
    tables, numbered = [], 0
    for kind in kinds:
        tied = np.flatnonzero(kind >= 0)
        names, numbers = np.unique(kind[tied], return_inverse=True)
        tables.append(np.stack([tied, numbered + numbers], axis=1))
        numbered += len(names)
    return np.concatenate(tables)


def _counts(labels: NDArray[np.int16], recipe: Recipe) -> dict[str, int]:
    counts = np.bincount(labels, minlength=len(recipe.labels))
    return dict(zip(recipe.labels, counts.tolist(), strict=True))


def _refuse_failures(recipe: Recipe, reasons: NDArray[np.int8]) -> None:
    failed = int((reasons == _REASONS.index(Reason.DOWNLOAD_FAILED)).sum())
    if failed > recipe.source.max_failed_share * len(reasons):
        raise ReleaseError(
            f"{failed:,} of the {len(reasons):,} photos of {recipe.name} could not be fetched for"
            f" now, more than source.max_failed_share = {recipe.source.max_failed_share:g} admits."
            f" Run `menagerie collect {recipe.name}` again first; nothing was published."
        )


def _refuse_small_classes(recipe: Recipe, counts: Mapping[Side, Mapping[str, int]]) -> None:
    minimum = recipe.release.min_per_class
    for label in recipe.labels:
        train, test = counts["train"][label], counts["test"][label]
        if train + test < minimum:
            raise ReleaseError(
                f"The class {label!r} has {train + test} usable photos and the recipe wants at"
                f" least {minimum} (release.min_per_class). Collect more, or lower the minimum;"
                " nothing was published."
            )
        if not train or not test:
            raise ReleaseError(
                f"The class {label!r} has {train} photos to train and {test} to test with, as"
                f" release.test_fraction = {recipe.release.test_fraction:g} and its owners, whose"
                " photos stand on one side, divide it. Collect photos of more owners, or change the"
                " share; nothing was published."
            )


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
