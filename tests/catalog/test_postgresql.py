"""What only a catalog on PostgreSQL has: its order of texts, its lock, its faults that pass."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, DBAPIError

from menagerie.catalog.database import Catalog, home_error, is_passing, open_catalog
from menagerie.catalog.holding import held, held_everywhere, lock_key
from menagerie.catalog.photos import claim_dataset
from menagerie.errors import BusyError
from menagerie.settings import Settings
from tests.catalogs import Catalogs
from tests.postgresql import connect


@pytest.fixture
def url(catalogs: Catalogs, tmp_path: Path) -> str:
    return catalogs.of(tmp_path)


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    with open_catalog(Settings(MENAGERIE_CATALOG_URL=url)) as opened:
        yield opened


def test_texts_are_sorted_by_their_bytes_whatever_the_server_does(catalog: Catalog) -> None:
    names = ["b", "A", "a", "B", "-a", "Zebra", "\u00e4"]
    for name in names:
        claim_dataset(catalog, name, "flickr")
    with catalog.begin() as connection:
        found = connection.scalars(text("SELECT name FROM datasets ORDER BY name")).all()
        people = connection.scalars(
            text('SELECT name FROM datasets ORDER BY name COLLATE "en-US-x-icu"')
        ).all()
    assert found == sorted(names) != people


def test_a_dataset_that_another_machine_holds_is_busy_until_that_is_gone(
    catalog: Catalog, url: str
) -> None:
    with connect(url) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock_key("animals")])
        with pytest.raises(BusyError, match=r"animals.*another machine"), held(catalog, "animals"):
            pass
        with held(catalog, "zoo"):
            pass
        # A server learns of a closed connection a moment late.
        other.execute("SELECT pg_advisory_unlock(%s)", [lock_key("animals")])
    with held(catalog, "animals"), held(catalog, "animals"):
        pass


def test_a_dataset_that_is_held_is_free_again_afterwards(catalog: Catalog, url: str) -> None:
    claim_dataset(catalog, "animals", "flickr")
    question = "SELECT pg_try_advisory_lock(%s)"
    with connect(url) as other:
        with held_everywhere(catalog):
            assert other.execute(question, [lock_key("animals")]).fetchone() == (False,)
        assert other.execute(question, [lock_key("animals")]).fetchone() == (True,)


def test_a_connection_that_was_cut_may_pass_and_the_next_one_works(catalog: Catalog) -> None:
    with pytest.raises(DBAPIError) as caught, catalog.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert is_passing(caught.value)
    with catalog.begin() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_fault_of_ours_does_not_pass(catalog: Catalog) -> None:
    with pytest.raises(DBAPIError) as caught, catalog.begin() as connection:
        connection.execute(text("SELECT nonsense"))
    assert not is_passing(caught.value)


def test_a_server_that_is_not_there_is_said_so_without_its_password(tmp_path: Path) -> None:
    away = Settings(MENAGERIE_CATALOG_URL="postgresql+psycopg://me:secret@127.0.0.1:9/x")
    with pytest.raises(DatabaseError) as caught, open_catalog(away):
        pass
    said = str(home_error(caught.value, tmp_path))
    assert is_passing(caught.value)
    assert "MENAGERIE_CATALOG_URL" in said
    assert "secret" not in said
