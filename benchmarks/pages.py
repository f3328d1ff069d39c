"""How fast the review pages of a large dataset are answered, and how much a page weighs.

A catalog is filled with made-up photos, figures, scores and verdicts, and with decisions on one
photo in ten; there are no files at all. The pages are asked over HTTP, one request at a time; the
processor time is that of server and client together.

Usage: python benchmarks/pages.py [PHOTOS]
"""

import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from menagerie.catalog.curation import Decoded, Verdict, record_decoded, replace_verdicts
from menagerie.catalog.database import Catalog, upsert
from menagerie.catalog.decisions import Decision, record_decisions
from menagerie.catalog.photos import claim_dataset, record_rows
from menagerie.catalog.relevance import Score, replace_scores
from menagerie.catalog.tables import files
from menagerie.curation.reasons import Reason
from menagerie.curation.standing import Choice
from menagerie.photos.fingerprint import Fingerprint
from menagerie.photos.row import PhotoRow, Rendition
from menagerie.recipe import Recipe, parse_recipe, template
from menagerie.web.app import create_app
from menagerie.web.server import running
from menagerie.workshop import open_workshop

LOT = 10_000
ASKED = 30
CLASSES = ("monkey", "boar", "crow")
SOURCE = "flickr"
FINGERPRINT = Fingerprint(
    width=320,
    height=240,
    format="JPEG",
    phash=0,
    dhash=0,
    thumb=bytes(1024),
    brightness=0.5,
    contrast=0.2,
    sharpness=0.5,
    entropy=7.0,
    colorfulness=0.2,
    text_likeness=0.1,
)


def photos(start: int, count: int) -> Iterator[PhotoRow]:
    """Make up the records of a lot of photos."""
    for number in range(start, start + count):
        owner = f"{10_000_000 + number // 5}@N00"
        yield PhotoRow(
            photo_id=str(4_000_000_000 + number),
            owner=owner,
            owner_name=f"photographer {number // 5}",
            title=f"What was seen on walk number {number}",
            license="cc-by-2.0",
            tags="crow bird black park",
            media="photo",
            uploaded_at=1_400_000_000 + number,
            taken_at="2015-05-05 05:05:05",
            page_url=f"https://www.flickr.com/photos/{owner}/{4_000_000_000 + number}/",
            renditions=(Rendition("m", f"https://example.org/{number}.jpg", 320, 240),),
        )


def fill(catalog: Catalog, recipe: Recipe, count: int) -> None:
    """Fill a catalog as if that many photos had been found, decoded, judged and scored."""
    claim_dataset(catalog, recipe.name, SOURCE)
    chance = np.random.default_rng(29)
    label_of = [CLASSES[number % 3] for number in range(count)]
    for start in range(0, count, LOT):
        lot = list(photos(start, min(LOT, count - start)))
        for place, label in enumerate(CLASSES):
            record_rows(catalog, SOURCE, recipe.name, label, label, lot[(place - start) % 3 :: 3])
    with catalog.begin() as connection:
        keys = dict(connection.exec_driver_sql("SELECT photo_id, key FROM photos").all())
    key_of = [keys[str(4_000_000_000 + number)] for number in range(count)]
    stored = [
        {"photo_key": key, "sha256": f"{number:064x}", "fetched_at": 0, "attempts": 1, "tries": 1}
        for number, key in enumerate(key_of)
    ]
    with catalog.begin() as connection:
        upsert(connection, files, stored, [])
    sharpness = chance.uniform(0.05, 1.0, count).tolist()
    decoded = [
        Decoded(f"{number:064x}", replace(FINGERPRINT, sharpness=sharpness[number]))
        for number in range(count)
    ]
    record_decoded(catalog, decoded, "none", "", [])
    reasons = [Reason.BLURRED if sharp < 0.15 else Reason.ACCEPTED for sharp in sharpness]
    judged = [Verdict(key, reason) for key, reason in zip(key_of, reasons, strict=True)]
    replace_verdicts(catalog, recipe.name, judged)
    scores = [
        Score(f"{number:064x}", label_of[number], 0.5, 0.5, score)
        for number, score in enumerate(chance.uniform(0, 1, count).tolist())
    ]
    replace_scores(catalog, recipe.name, "none", "made up", scores)
    record_decisions(catalog, [decision(n, label_of[n]) for n in range(0, count, 10)])


def decision(number: int, label: str) -> Decision:
    """Make up what a person said of a photo."""
    photo_id, sha256 = str(4_000_000_000 + number), f"{number:064x}"
    return Decision("bench", SOURCE, photo_id, sha256, label, Choice.KEEP, "", "Ann", 1)


class Taken(NamedTuple):
    """How long a request took by the clock, and of the processor."""

    wall_ms: float
    cpu_ms: float


class Client:
    """Asks a server over one connection, and measures."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=600)

    def ask(self, method: str, path: str, document: object = None) -> tuple[Taken, bytes]:
        """Return how long an answer took, and what it was."""
        headers = {"Content-Type": "application/json"} if document is not None else {}
        began, used = time.perf_counter(), time.process_time()
        body = None if document is None else json.dumps(document)
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path} was answered {answer.status}: {data[:300]!r}")
        wall_ms, cpu_ms = time.perf_counter() - began, time.process_time() - used
        return Taken(wall_ms * 1000, cpu_ms * 1000), data


def tell(what: str, taken: Sequence[Taken], bar: str = "") -> None:
    """Print the median and the worst of some times."""
    wall, cpu = zip(*taken, strict=True)
    print(  # noqa: T201
        f"{what}: median {statistics.median(wall):.0f} ms{bar}, worst {max(wall):.0f} ms;"
        f" processor {statistics.median(cpu):.0f} ms"
    )


def measure(url: str) -> None:
    """Ask for pages and make decisions, and print how long that took."""
    client = Client(url)
    review = "/datasets/bench/review"
    first, page = client.ask("GET", review)
    tell("first page after the start", [first])
    tell("first page", [client.ask("GET", review)[0] for _ in range(ASKED)], " (bar: 300 ms)")
    for name, path in (
        ("photos of a reason", f"{review}?reason=blurred"),
        ("near-duplicates", f"{review}/groups"),
        ("threshold", "/api/v1/datasets/bench/thresholds/min_sharpness?value=0.3"),
        ("progress", "/api/v1/datasets/bench/progress"),
    ):
        tell(name, [client.ask("GET", path)[0] for _ in range(ASKED)])
    queue = json.loads(client.ask("GET", "/api/v1/datasets/bench/queue")[1])["photos"]
    tell("a decision", [decide(client, photo) for photo in queue], " (bar: 30 ms)")
    after = [client.ask("GET", review)[0] for _ in range(3)]
    tell("first page after decisions", after)
    weigh(page)


def decide(client: Client, photo: dict[str, Any]) -> Taken:
    """Keep a photo and return how long that took."""
    said = {"ticket": str(uuid.uuid4()), "photo": photo["photo"], "choice": "keep", "seen": ""}
    path = "/api/v1/datasets/bench/decisions"
    taken, data = client.ask("POST", path, {"who": "Ann", "decisions": [said]})
    if json.loads(data)["results"][0]["outcome"] != "stored":
        raise SystemExit(f"A decision was not stored: {data[:300]!r}")
    return taken


def weigh(page: bytes) -> None:
    """Print how much a page weighs with its styles and scripts, without photos."""
    from menagerie.web import app

    static = Path(app.__file__).with_name("static")
    own = sum(path.stat().st_size for path in static.iterdir())
    print(  # noqa: T201
        f"page weight: {(len(page) + own) / 1000:.0f} KB, of which {own / 1000:.0f} KB are all"
        " styles and scripts (bar: 100 KB)"
    )


def timed(work: Callable[[], None]) -> float:
    """Return how long some work took, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(arguments: Sequence[str]) -> None:
    """Fill a catalog and ask for its pages."""
    count = int(arguments[0]) if arguments else 100_000
    text = template("bench", "Bench", [(word, [word]) for word in CLASSES])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MENAGERIE_HOME"] = f"{folder}/home"
        os.environ["MENAGERIE_DATASETS"] = f"{folder}/datasets"
        path = Path(folder) / "datasets/bench/recipe.toml"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        with open_workshop() as shop:
            recipe = parse_recipe(text, "the recipe")
            seconds = timed(lambda: fill(shop.catalog, recipe, count))
            load = os.getloadavg()[0]
            print(f"{count:,} photos made up in {seconds:.0f} s; load {load:.1f}")  # noqa: T201
            with running(create_app(shop)) as url:
                measure(url)


if __name__ == "__main__":
    main(sys.argv[1:])
