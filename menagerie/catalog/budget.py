"""The hourly budget of API calls, shared by every process and machine that uses the catalog."""

import hashlib
import time
from collections.abc import Callable

from sqlalchemy import Connection, Insert, delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from menagerie.catalog.database import Catalog
from menagerie.catalog.tables import api_calls

CALLS_AN_HOUR = 3600
"""What Flickr grants a key; those that pass it get switched off."""

HOUR_SECONDS = 3600


class CallBudget:
    """Counts the calls of a key by the second. Safe to share between threads.

    A call of the second s was made somewhere between s and s + 1, so that it counts for 3,601
    seconds: never too little, at most a second too long. What counts as made later than now can
    only come of a clock that was set back; it counts as made now.
    """

    def __init__(
        self,
        catalog: Catalog,
        key: str,
        limit: int = CALLS_AN_HOUR,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._catalog = catalog
        self._key_hash = hashlib.sha256(key.encode()).hexdigest()[:16]
        self._limit = limit
        self._clock = clock
        dialect = postgresql if catalog.engine.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(api_calls)
        self._record: Insert = insert.on_conflict_do_update(
            index_elements=["key_hash", "second"], set_={"calls": api_calls.c.calls + 1}
        )

    def spend(self) -> float:
        """Take a call from the budget and return 0; or take none and return how long to wait."""
        with self._catalog.begin() as connection:
            self._lock(connection)
            now = self._now(connection)
            self._expire(connection, int(now))
            spent, newest = connection.execute(
                select(
                    func.coalesce(func.sum(api_calls.c.calls), 0), func.max(api_calls.c.second)
                ).where(api_calls.c.key_hash == self._key_hash)
            ).one()
            if newest is not None and newest > now:
                self._bring_to(connection, int(now))
            if spent >= self._limit:
                return self._wait_seconds(connection, spent, now)
            row = {"key_hash": self._key_hash, "second": int(now), "calls": 1}
            connection.execute(self._record, row)
        return 0.0

    def left(self) -> int:
        """Return how many calls the key has left in this hour."""
        with self._catalog.begin() as connection:
            since = int(self._now(connection)) - HOUR_SECONDS
            spent = connection.scalar(
                select(func.coalesce(func.sum(api_calls.c.calls), 0)).where(
                    api_calls.c.key_hash == self._key_hash, api_calls.c.second >= since
                )
            )
        return max(0, self._limit - int(spent or 0))

    def _lock(self, connection: Connection) -> None:
        """Let nobody else count until this transaction has ended."""
        if connection.dialect.name == "postgresql":
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(self._key_hash, 16) >> 1}
            )
        else:
            # The driver begins a transaction by itself, and one that only reads at first.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _now(self, connection: Connection) -> float:
        if self._clock is not None:
            return self._clock()
        if connection.dialect.name == "postgresql":
            # Machines disagree about the time; the database has one clock.
            return float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")))
        return time.time()

    def _expire(self, connection: Connection, now: int) -> None:
        connection.execute(
            delete(api_calls).where(
                api_calls.c.key_hash == self._key_hash, api_calls.c.second < now - HOUR_SECONDS
            )
        )

    def _bring_to(self, connection: Connection, now: int) -> None:
        late = (api_calls.c.key_hash == self._key_hash) & (api_calls.c.second >= now)
        calls = connection.scalar(select(func.sum(api_calls.c.calls)).where(late))
        connection.execute(delete(api_calls).where(late))
        connection.execute(
            api_calls.insert().values(key_hash=self._key_hash, second=now, calls=calls)
        )

    def _wait_seconds(self, connection: Connection, spent: int, now: float) -> float:
        rows = connection.execute(
            select(api_calls.c.second, api_calls.c.calls)
            .where(api_calls.c.key_hash == self._key_hash)
            .order_by(api_calls.c.second)
        )
        freed = int(now)
        for second, calls in rows:
            spent -= calls
            freed = second
            if spent < self._limit:
                break
        return max(freed + HOUR_SECONDS + 1 - now, 0.001)
