"""What a home can come to know of a release that is as it was, and which checks are to tell."""

from typing import Any

from sqlalchemy import delete, select, update

from menagerie.catalog.database import now
from menagerie.catalog.decisions import Decision, record_decisions
from menagerie.catalog.tables import files, photos, releases, sightings, verdicts
from menagerie.catalog.tables import split_assignments as sides
from menagerie.catalog.tombstones import bury, owner_hash, photo_hash
from menagerie.curation.standing import Choice
from tests.verifying.conftest import Row, Shelf
from tests.verifying.plants import Plant


def change_rows(shelf: Shelf, *statements: Any) -> None:
    with shelf.shop.catalog.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def first(shelf: Shelf) -> Row:
    return shelf.rows()[0]


def key_of_first(shelf: Shelf) -> Any:
    of_first = photos.c.photo_id == first(shelf)["photo_id"]
    return select(photos.c.key).where(of_first).scalar_subquery()


def lose_the_release(shelf: Shelf) -> None:
    change_rows(shelf, delete(releases))


def lose_a_photo(shelf: Shelf) -> None:
    key = key_of_first(shelf)
    tables = (verdicts, sides, sightings, files)
    change_rows(shelf, *(delete(table).where(table.c.photo_key == key) for table in tables))
    change_rows(shelf, delete(photos).where(photos.c.photo_id == first(shelf)["photo_id"]))


def swap_its_side(shelf: Shelf) -> None:
    named = sides.c.photo_key == key_of_first(shelf)
    change_rows(shelf, update(sides).where(named).values(split="test"))


def bury_a_photo(shelf: Shelf) -> None:
    with shelf.shop.catalog.begin() as connection:
        bury(connection, "sandbox", [photo_hash("sandbox", first(shelf)["photo_id"])], "")


def bury_an_owner(shelf: Shelf) -> None:
    with shelf.shop.catalog.begin() as connection:
        bury(connection, "sandbox", [owner_hash("sandbox", first(shelf)["owner"])], "")


def of_first(shelf: Shelf, **values: Any) -> None:
    named = photos.c.photo_id == first(shelf)["photo_id"]
    change_rows(shelf, update(photos).where(named).values(**values))


def reserve_all_rights(shelf: Shelf) -> None:
    of_first(shelf, license="all-rights-reserved")


def opt_out(shelf: Shelf) -> None:
    of_first(shelf, tags="bird no_cv")


def remove_at_its_source(shelf: Shelf) -> None:
    of_first(shelf, gone_at=now())


def decide(shelf: Shelf, label: str, choice: Choice) -> None:
    row = first(shelf)
    made = Decision(
        "animals", "sandbox", row["photo_id"], row["sha256"], label, choice, "", "me", now()
    )
    record_decisions(shelf.shop.catalog, [made])


def reject_by_hand(shelf: Shelf) -> None:
    decide(shelf, first(shelf)["label"], Choice.REJECT)


def relabel_by_hand(shelf: Shelf) -> None:
    other = next(label for label in shelf.recipe.labels if label != first(shelf)["label"])
    decide(shelf, other, Choice.LABEL)


def flip_a_stored_byte(shelf: Shelf) -> None:
    path = shelf.stored(first(shelf)["sha256"])
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def lose_a_stored_photo(shelf: Shelf) -> None:
    shelf.stored(first(shelf)["sha256"]).unlink()


HOMES: list[tuple[Plant, set[str]]] = [
    (lose_the_release, {"catalog"}),
    (lose_a_photo, {"catalog"}),
    (swap_its_side, {"catalog"}),
    (bury_a_photo, {"forgotten"}),
    (bury_an_owner, {"forgotten"}),
    (reserve_all_rights, {"licenses"}),
    (opt_out, {"licenses"}),
    (remove_at_its_source, {"licenses"}),
    (reject_by_hand, {"decisions"}),
    (relabel_by_hand, {"decisions"}),
    (flip_a_stored_byte, {"photos"}),
    (lose_a_stored_photo, {"photos"}),
]
