"""Opening the catalog: its folder, its engine, its migrations."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Select,
    Table,
    case,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError

from menagerie.errors import HomeError, SettingsError
from menagerie.folders import has_no_room, make_folder
from menagerie.settings import Settings

# Any number will do that nobody else locks; this spells "catalog".
_MIGRATING = 0x636174616C6F67
_MIGRATIONS = Path(__file__).with_name("migrations")


class Catalog:
    """The database of all known photos."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction; it is committed when the block ends and undone when it raises."""
        with self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def open_catalog(settings: Settings) -> Iterator[Catalog]:
    """Open the catalog, made or brought up to date where needed.

    Raises:
        HomeError: the home cannot be written, or was made by a newer version.
        SettingsError: the catalog's URL cannot be used.
    """
    if settings.catalog_url is None:
        make_folder(settings.home)
    try:
        # A server may have been started anew since a connection was last used.
        engine = create_engine(settings.database_url, pool_pre_ping=True)
    except (ArgumentError, ImportError) as error:
        raise SettingsError(
            f"MENAGERIE_CATALOG_URL is not a database that can be opened: {error}"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_pragmas)
    catalog = Catalog(engine)
    try:
        _migrate(catalog, settings)
        yield catalog
    finally:
        catalog.close()


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # WAL lets readers go on while one writes; NORMAL loses nothing when a process is killed.
    cursor.execute("PRAGMA busy_timeout = 60000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Pages of indexes stay in memory (KiB), and go to the disk in larger lots (pages of 4 KiB).
    cursor.execute("PRAGMA cache_size = -8192")
    cursor.execute("PRAGMA wal_autocheckpoint = 8192")
    cursor.close()


def newest_revision() -> str:
    """Return the revision of the last migration, which the names of the files begin with."""
    return max(file.name for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")).split("_")[0]


def _is_up_to_date(catalog: Catalog) -> bool:
    """Tell whether no migration is missing, without Alembic, which takes 0.15 s to import."""
    try:
        with catalog.engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DatabaseError:
        return False
    return found == newest_revision()


def _migrate(catalog: Catalog, settings: Settings) -> None:
    if _is_up_to_date(catalog):
        return
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    known = ScriptDirectory.from_config(config)
    try:
        with catalog.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found == known.get_current_head():
            return
        if found is not None and found not in {
            script.revision for script in known.walk_revisions()
        }:
            raise HomeError(
                f"{settings.home} was made by a newer version of menagerie"
                f" (its catalog is at revision {found!r}). Update menagerie, or name another home."
            )
        with catalog.begin() as connection:
            _one_at_a_time(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _sort_by_bytes(connection)
    except DatabaseError as error:
        if catalog.engine.dialect.name != "sqlite":
            # A server may be there in a moment: whoever opens the catalog may try again.
            raise
        raise home_error(error, settings.home) from None


def _one_at_a_time(connection: Connection) -> None:
    """Let the workers of a cluster, which start at once, not all make the tables."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})


def _sort_by_bytes(connection: Connection) -> None:
    """Have PostgreSQL compare texts as SQLite and Python do, or a release had other bytes there."""
    if connection.dialect.name != "postgresql":
        return
    columns = connection.execute(
        text(
            "SELECT table_name, column_name, character_maximum_length FROM"
            " information_schema.columns WHERE table_schema = current_schema() AND"
            " data_type IN ('character varying', 'text') AND"
            " collation_name IS DISTINCT FROM 'C' AND table_name <> 'alembic_version'"
        )
    )
    for table, column, length in columns.all():
        kind = f"varchar({length})" if length else "text"
        connection.exec_driver_sql(
            f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE {kind} COLLATE "C"'
        )


def is_passing(error: BaseException) -> bool:
    """Tell whether a fault of the database may be gone when it is asked again.

    SQLite was locked by somebody else for too long; PostgreSQL is being started, took too long,
    or ended one of two transactions that waited for each other.
    """
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    # psycopg also has an OperationalError for each of these.
    is_sqlite = type(error.orig).__module__ == "sqlite3"
    return isinstance(error, OperationalError) and (not is_sqlite or "locked" in str(error))


def home_error(
    error: DatabaseError | OSError, home: Path, setting: str = "MENAGERIE_HOME"
) -> HomeError:
    """Say in a sentence what a failing disk or database means; `setting` names another one."""
    said = str(error.orig if isinstance(error, DatabaseError) else error)
    if isinstance(error, DatabaseError) and type(error.orig).__module__ != "sqlite3":
        return HomeError(
            f"The database of the catalog cannot be used: {' '.join(said.split())}. What was"
            " finished is kept. See that its server runs and that MENAGERIE_CATALOG_URL names it,"
            " and run the same command again."
        )
    full = "full" in said or has_no_room(error)
    if full:
        return HomeError(
            f"The disk of {home} is full ({said}). What was finished is kept;"
            " free some space and run the same command again."
        )
    if isinstance(error, OperationalError | OSError):
        return HomeError(
            f"{home} cannot be used: {said}. Check that it can be read and written,"
            f" or name another folder with {setting}."
        )
    return HomeError(
        f"The catalog of {home} is damaged: {said}. Restore it from a backup, or name"
        " another folder with MENAGERIE_HOME."
    )


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    update: Sequence[str],
) -> None:
    """Insert rows; where the primary or unique key is there already, set the `update` columns."""
    if rows:
        statement = insert_or_update(connection.dialect.name, table, update)
        connection.execute(statement, list(rows))


def insert_many(
    connection: Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Execute a statement for many rows of plain numbers and texts.

    SQLAlchemy looks at every value of every row first; the driver alone is three times as fast.
    """
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    if compiled.positiontup is None:
        connection.exec_driver_sql(str(compiled), list(rows))
    else:
        in_order = itemgetter(*compiled.positiontup)
        connection.exec_driver_sql(str(compiled), list(map(in_order, rows)))


def insert_or_update(
    dialect: str,
    table: Table,
    update: Sequence[str],
    from_select: tuple[Sequence[str], Select[Any]] | None = None,
    unless: tuple[Sequence[str], Callable[[Any], ColumnElement[bool]]] | None = None,
) -> Insert:
    """Write the statement of an `upsert`, of values or of what a query selects.

    `unless` names columns that stay as they are where a condition on the new row holds.
    """
    # Late, and only the one in use: PostgreSQL's takes 0.1 s to import.
    known = "postgresql" if dialect == "postgresql" else "sqlite"
    insert: Any = import_module(f"sqlalchemy.dialects.{known}").insert(table)
    if from_select is not None:
        insert = insert.from_select(*from_select)
    unique = next((c for c in table.constraints if type(c).__name__ == "UniqueConstraint"), None)
    keys = [column.name for column in (unique or table.primary_key).columns]  # type: ignore[attr-defined]
    changes: dict[str, Any] = {name: insert.excluded[name] for name in update}
    for name in unless[0] if unless else ():
        assert unless is not None
        changes[name] = case((unless[1](insert.excluded), table.c[name]), else_=changes[name])
    written: Insert = (
        insert.on_conflict_do_update(index_elements=keys, set_=changes)
        if changes
        else insert.on_conflict_do_nothing(index_elements=keys)
    )
    return written


def now() -> int:
    """Seconds since 1970, as every time in the catalog."""
    return int(time.time())
