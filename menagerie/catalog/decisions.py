"""What people decided: rows are added, never changed, and the newest one counts.

A decision is about the photo that it names and about all photos with the same bytes, in every
dataset that has the label. One that was made before the photo was fetched names no bytes; then
it is about those that the photo has by now.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Select,
    Subquery,
    bindparam,
    delete,
    func,
    or_,
    select,
    union,
    update,
)

from menagerie.catalog.database import Catalog
from menagerie.catalog.tables import decisions, files, photos, sightings
from menagerie.curation.standing import Choice, Standing, hear

_LOT = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on a picture and a label; `decided_at` in unix seconds.

    `source` and `photo_id` name the photo that was judged, `sha256` its bytes; one of the two
    may be None.
    """

    dataset: str
    source: str | None
    photo_id: str | None
    sha256: str | None
    label: str
    choice: Choice
    note: str
    who: str
    decided_at: int


_COLUMNS = [decisions.c[name] for name in Decision.__dataclass_fields__]

# The older of two decisions comes first; of one second, that which was written first.
_OLDEST_FIRST = (decisions.c.decided_at, decisions.c.decision)


def _told(labels: Collection[str], after: int = 0) -> CompoundSelect[tuple[int, int]]:
    """Select which decision on some labels is about which photo: columns decision, photo_key.

    Of decisions with a number above `after`.
    """
    named = (
        select(decisions.c.decision, decisions.c.sha256, photos.c.key)
        .outerjoin(
            photos,
            (photos.c.source == decisions.c.source) & (photos.c.photo_id == decisions.c.photo_id),
        )
        .where(decisions.c.label.in_(labels), decisions.c.decision > after)
        .subquery()
    )
    own = files.alias()
    pictured = (
        select(named.c.decision, func.coalesce(named.c.sha256, own.c.sha256).label("sha256"))
        .outerjoin(own, own.c.photo_key == named.c.key)
        .subquery()
    )
    return union(
        select(named.c.decision, named.c.key.label("photo_key")).where(named.c.key.is_not(None)),
        select(pictured.c.decision, files.c.photo_key).join(
            files, files.c.sha256 == pictured.c.sha256
        ),
    )


@cache
def told_of() -> Subquery:
    """Select which decision on some labels is about which of some photos.

    Columns decision, photo_key; parameters `labels` and `keys`. By indexes, however many decisions
    there are. Putting such a statement together takes longer than asking it, hence once.
    """
    own, same, other = files.alias(), files.alias(), photos.alias()
    keys = bindparam("keys", expanding=True, type_=photos.c.key.type)
    is_asked = decisions.c.label.in_(bindparam("labels", expanding=True))
    by_name = (
        select(decisions.c.decision, photos.c.key.label("photo_key"))
        .join(
            photos,
            (photos.c.source == decisions.c.source) & (photos.c.photo_id == decisions.c.photo_id),
        )
        .where(photos.c.key.in_(keys), is_asked)
    )
    by_bytes = (
        select(decisions.c.decision, own.c.photo_key)
        .join(own, own.c.sha256 == decisions.c.sha256)
        .where(own.c.photo_key.in_(keys), is_asked)
    )
    # Said of another photo before it was fetched, which turned out to have the same bytes.
    by_twin = (
        select(decisions.c.decision, own.c.photo_key)
        .select_from(own)
        .join(same, same.c.sha256 == own.c.sha256)
        .join(other, other.c.key == same.c.photo_key)
        .join(
            decisions,
            (other.c.source == decisions.c.source) & (other.c.photo_id == decisions.c.photo_id),
        )
        .where(own.c.photo_key.in_(keys), decisions.c.sha256.is_(None), is_asked)
    )
    return union(by_name, by_bytes, by_twin).subquery()


def told_photos(labels: Collection[str], after: int = 0) -> Select[tuple[int]]:
    """Select the keys of the photos of which a person said something with some labels.

    With `after`, in decisions with a higher number.
    """
    return select(_told(labels, after).subquery().c.photo_key)


def standings(
    connection: Connection, labels: Collection[str], keys: Collection[int] | None = None
) -> dict[int, Standing]:
    """Return what people said of photos and some labels, as it stands, by photo key.

    Of all photos of which anything was said, or of some.
    """
    if keys is None:
        rows = connection.execute(_said(_told(labels).subquery()))
    else:
        rows = connection.execute(_said_of(), {"labels": list(labels), "keys": list(keys)})
    standing: dict[int, dict[str, Choice]] = defaultdict(dict)
    for row in rows:
        hear(standing[row.photo_key], row.label, Choice(row.choice))
    return dict(standing)


def _said(told: Subquery) -> Select[tuple[int, str, str]]:
    return (
        select(told.c.photo_key, decisions.c.label, decisions.c.choice)
        .join(decisions, decisions.c.decision == told.c.decision)
        .order_by(*_OLDEST_FIRST)
    )


@cache
def _said_of() -> Select[tuple[int, str, str]]:
    return _said(told_of())


def record_decisions(catalog: Catalog, made: Sequence[Decision]) -> None:
    """Add decisions, all or none of them; of equal times, later ones outrank earlier ones."""
    with catalog.begin() as connection:
        if made:
            connection.execute(decisions.insert(), [asdict(one) for one in made])


def add_decisions(connection: Connection, made: Sequence[Decision]) -> list[int]:
    """Add decisions within a transaction and return their numbers."""
    added = []
    for one in made:
        done = connection.execute(decisions.insert().values(**asdict(one)))
        assert done.inserted_primary_key is not None
        added.append(int(done.inserted_primary_key[0]))
    return added


def unknown_decisions(catalog: Catalog, told: Sequence[Decision]) -> list[int]:
    """Return the places of those that the catalog lacks; equal ones count one by one."""
    moments = sorted({one.decided_at for one in told})
    with catalog.begin() as connection:
        known = Counter(
            found
            for lot in _lots(moments)
            for found in _read(connection, _chosen().where(decisions.c.decided_at.in_(lot)))
        )
    unknown = []
    for place, one in enumerate(told):
        known[one] -= 1
        if known[one] < 0:
            unknown.append(place)
    return unknown


def decisions_in(
    catalog: Catalog, dataset: str, source: str, labels: Sequence[str]
) -> list[Decision]:
    """Return what was decided in a dataset, or elsewhere of its photos, the oldest first."""
    told = _told(labels).subquery()
    counting = select(told.c.decision).where(
        told.c.photo_key.in_(select(sightings.c.photo_key).where(sightings.c.dataset == dataset))
    )
    chosen = _chosen().where(
        or_(decisions.c.dataset == dataset, decisions.c.decision.in_(counting)),
        or_(decisions.c.source == source, decisions.c.source.is_(None)),
    )
    with catalog.begin() as connection:
        return _read(connection, chosen)


def decisions_about(
    catalog: Catalog, labels: Sequence[str], keys: Collection[int]
) -> list[Decision]:
    """Return what was decided of some photos with some labels, the oldest first."""
    about = _chosen().where(decisions.c.decision.in_(select(told_of().c.decision)))
    with catalog.begin() as connection:
        return _read(connection, about, {"labels": list(labels), "keys": list(keys)})


def forget_decisions(connection: Connection, keys: Sequence[int]) -> None:
    """Empty what decisions say of photos; delete those that are about no other photo.

    What was decided of bytes that others have as well stays, without the photo and the note.
    """
    theirs = (
        select(decisions.c.decision)
        .join(
            photos,
            (photos.c.source == decisions.c.source) & (photos.c.photo_id == decisions.c.photo_id),
        )
        .where(photos.c.key.in_(keys))
    )
    named = decisions.c.decision.in_(theirs)
    held = files.c.photo_key.in_(keys) & files.c.sha256.is_not(None)
    shared = select(files.c.sha256).where(
        files.c.photo_key.not_in(keys), files.c.sha256.is_not(None)
    )
    # Of photos that were judged before they were fetched, others may have the bytes by now.
    own_bytes = (
        select(files.c.sha256)
        .join(photos, photos.c.key == files.c.photo_key)
        .where(photos.c.source == decisions.c.source, photos.c.photo_id == decisions.c.photo_id)
        .scalar_subquery()
    )
    connection.execute(
        update(decisions).where(named, decisions.c.sha256.is_(None)).values(sha256=own_bytes)
    )
    of_bytes = decisions.c.photo_id.is_(None) & decisions.c.sha256.in_(
        select(files.c.sha256).where(held)
    )
    alone = or_(decisions.c.sha256.is_(None), decisions.c.sha256.not_in(shared))
    connection.execute(delete(decisions).where(or_(named, of_bytes), alone))
    connection.execute(update(decisions).where(named).values(source=None, photo_id=None, note=""))


def _chosen() -> Select[Any]:
    return select(*_COLUMNS).order_by(*_OLDEST_FIRST)


def _read(
    connection: Connection, query: Select[Any], asked: dict[str, Any] | None = None
) -> list[Decision]:
    rows = connection.execute(query, asked)
    return [Decision(**{**row._mapping, "choice": Choice(row.choice)}) for row in rows]


def _lots(items: Sequence[int]) -> Iterator[Sequence[int]]:
    # A database takes only so many values in one statement.
    for start in range(0, len(items), _LOT):
        yield items[start : start + _LOT]
