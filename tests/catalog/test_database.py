"""The catalog: its migrations make its tables, and a home it cannot use is refused."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select, text

from menagerie.catalog import database
from menagerie.catalog.database import home_error, newest_revision, open_catalog
from menagerie.catalog.tables import decisions, metadata
from menagerie.errors import HomeError, SettingsError
from menagerie.settings import load_settings


@pytest.mark.both_catalogs
def test_migrations_make_the_tables_that_the_code_names(home: Path) -> None:
    with open_catalog(load_settings()) as catalog, catalog.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def migrate_to(revision: str, path: Path) -> None:
    """Make a catalog as an earlier version did, with one photo and one decision on its label."""
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        columns = "key, source, photo_id, owner, owner_name, title, license, page_url, tags, media"
        connection.execute(
            text(
                f"INSERT INTO photos ({columns}, uploaded_at, taken_at, renditions, first_seen,"
                " last_seen) VALUES (7, 'flickr', '1', '', '', '', '', '', '', '', 0, '', '', 0, 0)"
            )
        )
        connection.execute(
            text("INSERT INTO decisions VALUES (1, 'animals', 7, 'boar', 'tusks', 'Ann', 99)")
        )
    engine.dispose()


@pytest.mark.sqlite_only
def test_decisions_of_an_earlier_version_are_carried_over(home: Path) -> None:
    home.mkdir()
    migrate_to("0003", home / "catalog.db")
    with open_catalog(load_settings()) as catalog, catalog.begin() as connection:
        rows = [tuple(row) for row in connection.execute(select(decisions))]
    assert rows == [(1, "animals", "flickr", "1", None, "boar", "label", "tusks", "Ann", 99)]


@pytest.mark.sqlite_only
def test_opening_again_changes_nothing(home: Path) -> None:
    for _ in range(2):
        with open_catalog(load_settings()):
            pass
    before = (home / "catalog.db").read_bytes()
    with open_catalog(load_settings()):
        pass
    assert (home / "catalog.db").read_bytes() == before


@pytest.mark.sqlite_only
def test_a_home_of_a_newer_version_is_refused_and_not_touched(home: Path) -> None:
    with open_catalog(load_settings()):
        pass
    with sqlite3.connect(home / "catalog.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = (home / "catalog.db").read_bytes()
    with pytest.raises(HomeError, match=r"newer version.*9999"), open_catalog(load_settings()):
        pass
    assert (home / "catalog.db").read_bytes() == before


@pytest.mark.sqlite_only
def test_a_home_that_is_a_file_is_refused(home: Path) -> None:
    home.write_text("not a folder")
    with pytest.raises(HomeError, match="MENAGERIE_HOME"), open_catalog(load_settings()):
        pass


@pytest.mark.sqlite_only
def test_a_catalog_that_is_no_database_is_refused(home: Path) -> None:
    home.mkdir()
    (home / "catalog.db").write_bytes(b"not a database at all, but long enough" * 100)
    with pytest.raises(HomeError, match="damaged"), open_catalog(load_settings()):
        pass


def test_an_address_of_no_database_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENAGERIE_CATALOG_URL", "nonsense")
    with pytest.raises(SettingsError, match="MENAGERIE_CATALOG_URL"), open_catalog(load_settings()):
        pass


def test_a_full_disk_says_that_nothing_is_lost(tmp_path: Path) -> None:
    error = home_error(OSError(28, "No space left on device"), tmp_path)
    assert "is full" in str(error)
    assert "kept" in str(error)


def test_the_newest_revision_is_the_one_that_alembic_ends_with() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()
