"""Which catalogs the tests use: SQLite in each home, or a database of PostgreSQL for each folder.

`MENAGERIE_TEST_POSTGRESQL` puts every test on PostgreSQL: the URL of a server where databases may
be made, or `temporary` for one that is started for the tests.
"""

import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from menagerie.catalog.database import open_catalog
from menagerie.settings import Settings
from tests.postgresql import drop_database, make_database, program, running_server

SETTING = "MENAGERIE_TEST_POSTGRESQL"

# Which database holds the catalog of a folder. Copied with the folder, it tells whose copy it is.
_NOTE = ".catalog-of-this-folder"


class Catalogs:
    """Databases of a server, one for each folder, made when the folder first needs it."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        # Sessions that use one server at once must not meet.
        self._session = f"menagerie_{uuid.uuid4().hex[:8]}"
        self._made: dict[Path, str] = {}
        # Copying an empty catalog takes a tenth of the time of making one.
        self._empty = f"{self._session}_empty"
        with open_catalog(Settings(MENAGERIE_CATALOG_URL=make_database(server_url, self._empty))):
            pass

    def of(self, folder: Path) -> str:
        """Return the URL of the catalog of a folder; that of a copied folder is a copy, too."""
        folder.mkdir(parents=True, exist_ok=True)
        note, name = folder / _NOTE, self._name(folder)
        noted = note.read_text() if note.exists() else None
        if folder not in self._made or noted not in {None, name}:
            self._drop(folder)
            self._made[folder] = make_database(self._server_url, name, noted or self._empty)
        note.write_text(name)
        return self._made[folder]

    def _name(self, folder: Path) -> str:
        return f"{self._session}_{sha256(os.fsencode(folder)).hexdigest()[:12]}"

    def drop_below(self, folder: Path) -> None:
        """Drop the catalogs of a folder and of those in it."""
        for each in [f for f in self._made if f.is_relative_to(folder)]:
            self._drop(each)

    def close(self) -> None:
        """Drop everything."""
        self.drop_below(Path("/"))
        drop_database(
            make_url(self._server_url)
            .set(database=self._empty)
            .render_as_string(hide_password=False)
        )

    def _drop(self, folder: Path) -> None:
        if folder in self._made:
            drop_database(self._made.pop(folder))


_active: list[Catalogs] = []


def catalog_settings(folder: Path) -> dict[str, str]:
    """Return what the environment must say of the catalog of a folder."""
    return {"MENAGERIE_CATALOG_URL": _active[-1].of(folder)} if _active else {}


def ask(settings: Mapping[str, str], sql: str) -> list[tuple[Any, ...]]:
    """Ask the catalog that some settings name, from outside; nothing while it has no such table."""
    path = Path(settings["MENAGERIE_HOME"]) / "catalog.db"
    here = f"sqlite:///file:{path}?mode=ro&uri=true&timeout=30"
    engine = create_engine(settings.get("MENAGERIE_CATALOG_URL", here), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]
    except DBAPIError:
        return []


@contextmanager
def active(catalogs: Catalogs) -> Iterator[None]:
    """Use databases of PostgreSQL from here on."""
    _active.append(catalogs)
    try:
        yield
    finally:
        _active.pop()


@contextmanager
def server_for_tests() -> Iterator[str]:
    """Yield the URL of the server that is named, or of one that is started meanwhile."""
    named = os.environ.get(SETTING)
    if named and named != "temporary":
        yield named
        return
    if program("initdb") is None:
        pytest.skip("needs PostgreSQL's initdb and postgres, which are not installed here")
    with running_server() as server:
        yield server.url
