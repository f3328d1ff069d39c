"""What a catalog takes in: photos found, files fetched, fingerprints, and the room they need.

A catalog is filled with made-up photos in the batches in which flows record them: pages of 500
search results, 200 files of a download, 256 fingerprints of a decode. Seconds of the processor
are those of this process; a database server has its own, and the time on the wall counts both.

Usage: python benchmarks/catalog.py [--photos 20000] [--url postgresql+psycopg://...]

The database of a URL must be empty.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from judging import LOT, SOURCE, cpu_seconds, fingerprints, photos, stored
from sqlalchemy import select, text

from menagerie.catalog.curation import record_decoded
from menagerie.catalog.database import Catalog, upsert
from menagerie.catalog.photos import claim_dataset, record_rows
from menagerie.catalog.tables import files
from menagerie.catalog.tables import photos as table
from menagerie.workshop import open_workshop

DATASET = "bench"


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201


def timed(what: str, each: Callable[[Sequence[Any]], object], rows: Sequence[Any], of: int) -> None:
    """Record rows in batches of a size, and print how long that took."""
    began, cpu = time.perf_counter(), cpu_seconds()
    for first in range(0, len(rows), of):
        each(rows[first : first + of])
    wall, spent = time.perf_counter() - began, cpu_seconds() - cpu
    thousands = len(rows) / 1000
    say(
        f"{what:<24}{len(rows) / wall:>9,.0f} rows/s   {spent / thousands:.3f} CPU s per 1,000",
    )


def fill(catalog: Catalog, count: int) -> None:
    """Fill a catalog as if that many photos were found, fetched and decoded."""
    chance = np.random.default_rng(29)
    claim_dataset(catalog, DATASET, SOURCE)
    starts = range(0, count, LOT)
    found = [row for start in starts for row in photos(start)]
    timed(
        "search results, by 500",
        lambda rows: record_rows(catalog, SOURCE, DATASET, "crow", "crow", rows),
        found,
        500,
    )
    with catalog.begin() as connection:
        keys = connection.execute(select(table.c.key).order_by(table.c.key)).scalars().all()
    made_up = [file for start in starts for file in stored(start)]
    held = [{**file, "photo_key": key} for file, key in zip(made_up, keys, strict=True)]

    def record_files(rows: Sequence[Any]) -> None:
        with catalog.begin() as connection:
            upsert(connection, files, rows, [])

    timed("files, by 200", record_files, held, 200)
    decoded = [each for start in starts for each in fingerprints(start, chance)]
    timed(
        "fingerprints, by 256",
        lambda rows: record_decoded(catalog, rows, "none", "", []),
        decoded,
        256,
    )


def kind_of(catalog: Catalog) -> str:
    """Name the database that a catalog is in."""
    with catalog.begin() as connection:
        return connection.dialect.name


def size_bytes(catalog: Catalog, home: Path) -> int:
    """Tell how much room the catalog takes."""
    if kind_of(catalog) == "postgresql":
        with catalog.begin() as connection:
            size = text("SELECT pg_database_size(current_database())")
            return int(connection.execute(size).scalar_one())
    return sum(file.stat().st_size for file in home.glob("catalog.db*"))


def main() -> None:
    """Measure the catalog that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=20_000, help="a multiple of 10,000")
    parser.add_argument("--url", help="SQLAlchemy URL of an empty database; SQLite without it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MENAGERIE_HOME": folder}
        if asked.url:
            os.environ["MENAGERIE_CATALOG_URL"] = asked.url
        with open_workshop() as shop:
            say(f"{kind_of(shop.catalog)}, load {os.getloadavg()[0]:.0f}")
            before = size_bytes(shop.catalog, Path(folder))
            fill(shop.catalog, asked.photos)
            room = size_bytes(shop.catalog, Path(folder)) - before
            say(f"room: {room / asked.photos:,.0f} bytes a photo")


if __name__ == "__main__":
    main()
