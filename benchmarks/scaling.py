"""What breaks first at 10 and 100 million photos: a simulation of flows on a Dask cluster.

Every batch of a crawl goes through the stations that it goes through on a cluster: the flow's
process hands it to Dask, Prefect's server records its states, a worker has it, the photo host
answers, the catalog records what came out. A station serves one batch at a time, or as many as
there are workers. The clock jumps from event to event, so that months take seconds; what varies is
drawn with a seed. What the whole costs in memory, room and requests is added up beside it.

Usage: python benchmarks/scaling.py [--photos 10000000 100000000] [--workers 16] [--host-rate 100]
           [--catalog postgresql|sqlite] [--seed 29]

All that it prints is computed. Most rates that it computes from were measured, some are assumed;
docs/scaling.md says which, and by which commands.
"""

import argparse
import heapq
import itertools
import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

HOUR = 3600.0
GB = 1e9
CALLS_AN_HOUR = 3600
ROWS_A_CALL = 500
CALLS_FOR_50_000 = 105
"""What a search of newest photos takes with its windows."""

DASK_SECONDS = (0.100, 0.134)
"""To hand a task to a worker through Dask and to take back what it returned."""
API_SECONDS = (0.0034, 0.0070)
"""Of Prefect's server for one task run."""

DOWNLOAD_CPU = 1.24e-3
DECODE_CPU = 2.5e-3
EMBED_CPU = 13.5e-3
EMBED_START_SECONDS = 6.0

COMPARE_SLICE = 90_909
COMPARE_SECONDS = 2.7
COMPARE_CPU = 8.9e-6
"""For a slice of the near-duplicate search: to look at its thumbnails, and for each photo there is.

A slice's hashes took 6 s among a million and 89 s among ten million.
"""

PHOTO_BYTES = 60_000
TILE_BYTES = 64 * 64 * 3
EMBEDDING_BYTES = 1280 * 2

KEY_BYTES = 8 + 28
SHA256_BYTES = 8 + 113
"""Of Python for an entry of a list: a number, and a text of 64 characters."""
PICKLED_SHA256_BYTES = 67
FUTURE_BYTES = 20_000
"""Assumed: what the flow's process keeps of a task run that it waits for."""

JUDGED_BYTES = (411 - 129) / 100_000 * 1e6
SCORED_BYTES = (430 - 200) / 90_000 * 1e6
PUBLISHED_BYTES = (327 - 282) / 190_000 * 1e6
"""Of the flow's process for one photo."""

SERIAL = {
    "judge": 4.8 / 100_000,
    "score": 35 / 100_000,
    "publish": 27 / 100_000,
}
"""Seconds of one processor a photo, where the flow runs."""


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a database takes in, rows a second, and the room that a photo takes, bytes."""

    found: float
    files: float
    fingerprints: float
    photo_bytes: float


CATALOGS = {
    "sqlite": Catalog(6_300, 18_400, 1_430, 3_000),
    "postgresql": Catalog(1_670, 2_710, 1_390, 2_150),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """Batches of one kind: how many photos each, and seconds a photo or a batch costs where."""

    name: str
    batch: int
    worker_seconds: float
    start_seconds: float = 0.0
    host_seconds: float = 0.0
    catalog_seconds: float = 0.0


@dataclass(slots=True)
class Station:
    """Something that serves batches, so many at a time, in the order in which they come."""

    name: str
    servers: int = 1
    busy: int = 0
    worked: float = 0.0
    waiting: deque[int] = field(default_factory=deque)
    longest: int = 0


def simulate(stage: Stage, photos: int, workers: int, chance: random.Random) -> tuple[float, str]:
    """Let all batches of a stage pass; return the seconds, and what was busy most with its share.

    A flow hands its batches over at once, so all of them wait for the first station.
    """
    stations = [
        Station("handing over to Dask"),
        Station("Prefect's server"),
        Station("the workers", workers),
        Station("the photo host"),
        Station("the catalog"),
    ]
    last = len(stations) - 1
    whole, rest = divmod(photos, stage.batch)
    sizes = [stage.batch] * whole + [rest] * bool(rest)
    number = itertools.count()
    events: list[tuple[float, int, int, int]] = []
    clock = 0.0

    def enter(batch: int, at: int) -> None:
        station = stations[at]
        if station.busy == station.servers:
            station.waiting.append(batch)
            station.longest = max(station.longest, len(station.waiting))
            return
        station.busy += 1
        seconds = service(stage, at, sizes[batch], chance)
        station.worked += seconds
        heapq.heappush(events, (clock + seconds, next(number), batch, at))

    for batch in range(len(sizes)):
        enter(batch, 0)
    while events:
        clock, _, batch, at = heapq.heappop(events)
        stations[at].busy -= 1
        if stations[at].waiting:
            enter(stations[at].waiting.popleft(), at)
        if at < last:
            enter(batch, at + 1)
    busiest = max(stations, key=lambda one: one.worked / one.servers)
    share = busiest.worked / busiest.servers / clock if clock else 0.0
    return clock, f"{busiest.name} ({share:.0%})"


def service(stage: Stage, at: int, photos: int, chance: random.Random) -> float:
    """Return how long a station serves one batch, seconds."""
    if at == 0:
        return chance.uniform(*DASK_SECONDS)
    if at == 1:
        return chance.uniform(*API_SECONDS)
    if at == 2:
        # Some photos are larger than others, and other work shares the machine.
        return stage.start_seconds + photos * stage.worker_seconds * chance.lognormvariate(0, 0.25)
    return photos * (stage.host_seconds if at == 3 else stage.catalog_seconds)


def stages(catalog: Catalog, host_rate: float, photos: int) -> list[Stage]:
    """Return what is divided into batches, as flows divide it on a cluster."""
    compared = COMPARE_SECONDS + photos * COMPARE_CPU
    return [
        Stage("download", 400, DOWNLOAD_CPU, 0.0, 1 / host_rate, 1 / catalog.files),
        Stage("decode", 512, DECODE_CPU, 0.0, 0.0, 1 / catalog.fingerprints),
        Stage("compare", COMPARE_SLICE, compared / COMPARE_SLICE),
        Stage("embed", 2048, EMBED_CPU, EMBED_START_SECONDS),
    ]


def workers_at_most(stage: Stage) -> float:
    """Return how many workers a stage can keep busy, as fast as batches are handed to Dask."""
    seconds = stage.start_seconds + stage.batch * stage.worker_seconds
    return seconds / (sum(DASK_SECONDS) / 2)


def search_hours(photos: int, catalog: Catalog) -> tuple[float, float]:
    """Return the hours that Flickr's budget, and the catalog, need for a search."""
    calls = photos * CALLS_FOR_50_000 / 50_000
    return calls / CALLS_AN_HOUR, photos / catalog.found / HOUR


def memory(photos: int) -> Iterable[tuple[str, float]]:
    """Yield what holds something of every photo, and how many bytes that comes to."""
    yield "flow: keys to download, and futures", photos * KEY_BYTES + photos / 400 * FUTURE_BYTES
    yield "flow: hashes to decode, and futures", photos * SHA256_BYTES + photos / 512 * FUTURE_BYTES
    yield "Dask's scheduler: hashes to decode", float(photos * PICKLED_SHA256_BYTES)
    yield "judging", 129e6 + photos * JUDGED_BYTES
    yield "scoring", 200e6 + photos * SCORED_BYTES
    yield "publishing", 280e6 + photos * PUBLISHED_BYTES


def report(photos: int, workers: int, host_rate: float, name: str, seed: int) -> None:
    """Print what a crawl of that many photos, and its first release, are expected to take."""
    catalog, chance = CATALOGS[name], random.Random(seed)  # noqa: S311 - not a secret
    say(f"\n{photos:,} photos, {workers} workers, catalog on {name}: computed")
    calls, rows = search_hours(photos, catalog)
    say(f"  search    {max(calls, rows):9.1f} h   Flickr's calls {calls:.1f} h, rows {rows:.1f} h")
    for stage in stages(catalog, host_rate, photos):
        seconds, busiest = simulate(stage, photos, workers, chance)
        tasks = -(-photos // stage.batch)
        enough = workers_at_most(stage)
        say(
            f"  {stage.name:<10}{seconds / HOUR:9.1f} h   {tasks:,} tasks; busiest: {busiest};"
            f" Dask keeps {enough:.0f} processors busy"
        )
    for what, each in SERIAL.items():
        say(f"  {what:<10}{photos * each / HOUR:9.1f} h   one processor")
    for what, needed in memory(photos):
        say(f"  memory    {needed / GB:9.1f} GB  {what}")
    room = {
        "photos": PHOTO_BYTES,
        "tiles": TILE_BYTES,
        "embeddings": EMBEDDING_BYTES,
        "release": TILE_BYTES,
        "catalog": catalog.photo_bytes,
    }
    for what, each in room.items():
        say(f"  room      {photos * each / GB:9.0f} GB  {what}")
    gets = photos * (2 + 1 / 256 + 1 / 64)
    puts = photos * (1 + 1 / 256 + 1 / 64)
    say(f"  requests  {puts / 1e6:9.1f} million PUT, {gets / 1e6:.1f} million GET")


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate what the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, nargs="+", default=[10_000_000, 100_000_000])
    parser.add_argument("--workers", type=int, default=16, help="processors of the cluster")
    parser.add_argument("--host-rate", type=float, default=100.0, help="photos/s of the photo host")
    parser.add_argument("--catalog", choices=CATALOGS, default="postgresql")
    parser.add_argument("--seed", type=int, default=29)
    asked = parser.parse_args(arguments)
    for photos in asked.photos:
        report(photos, asked.workers, asked.host_rate, asked.catalog, asked.seed)


if __name__ == "__main__":
    main()
