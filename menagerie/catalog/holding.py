"""Holding a dataset against other machines that use the same catalog."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from menagerie.catalog.database import Catalog
from menagerie.catalog.tables import datasets
from menagerie.errors import BusyError

_lock = threading.Lock()
_held: dict[tuple[str, str], int] = {}


def lock_key(dataset: str) -> int:
    """Return the number by which PostgreSQL knows the lock of a dataset."""
    return int.from_bytes(sha256(f"dataset {dataset}".encode()).digest()[:8], signed=True)


@contextmanager
def held(catalog: Catalog, dataset: str) -> Iterator[None]:
    """Hold a dataset; a part of work that holds it passes. Ends with the process, however it ends.

    A catalog on SQLite is one machine's, which holds its datasets by files: see `locking`.

    Raises:
        BusyError: another machine holds it.
    """
    if catalog.engine.dialect.name != "postgresql":
        yield
        return
    name = (str(catalog.engine.url), dataset)
    with _lock:
        is_inner = name in _held
        _held[name] = _held.get(name, 0) + 1
    try:
        if is_inner:
            yield
        else:
            with _locked(catalog, dataset):
                yield
    finally:
        with _lock:
            _held[name] -= 1
            if not _held[name]:
                del _held[name]


@contextmanager
def held_everywhere(catalog: Catalog) -> Iterator[None]:
    """Hold every dataset of a catalog, as `held` does."""
    with catalog.begin() as connection:
        names = list(connection.scalars(select(datasets.c.name).order_by(datasets.c.name)))
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(held(catalog, name))
        yield


@contextmanager
def _locked(catalog: Catalog, dataset: str) -> Iterator[None]:
    # The lock is the connection's, so it has one of its own, and no transaction stays open.
    connection = catalog.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    key = {"key": lock_key(dataset)}
    try:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
            raise BusyError(
                f"{dataset} is busy: a run on another machine is at work on it. Wait until that"
                " has ended, and run the same command again."
            )
        try:
            yield
        finally:
            # Now: a server learns of a closed connection a moment late. A lost one held nothing.
            with suppress(DBAPIError):
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
    finally:
        # Not back into the pool, where it would keep a lock that could not be given back.
        connection.invalidate()
        connection.close()
