"""How well relevance is told on a real crawl, before and after people decide, and what it costs.

Usage: python benchmarks/relevance.py --photos DIR [--decisions N]
       python benchmarks/relevance.py --made-up N

DIR holds a folder of photos for each keyword, and votes.csv with the columns photo_id, keyword,
kept_by_owner (0 or 1) and kept_by_others (how many others kept the photo). Kept by the owner and
by two others or more is surely relevant, dropped by all surely not; the rest is not judged on.
The votes are used to judge, and to answer what the queue asks, for nothing else.

With --made-up vectors of no meaning are scored, to see what N photos cost.
"""

import argparse
import csv
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.curation import unpack_thumbs
from menagerie.curation.doubts import most_doubtful
from menagerie.curation.features import Lot, shortened
from menagerie.curation.grouping import components, near_duplicates
from menagerie.curation.relevance import KEPT, OPEN, REJECTED, Relevance, relevance
from menagerie.learning.backend import import_keras
from menagerie.photos.decode import decode
from menagerie.photos.fingerprint import fingerprint

BATCH = 32
ASKED_AT_ONCE = 10
SHARE = 0.1


@dataclass(frozen=True)
class Crawl:
    """Photos with their keyword's number, ties, and votes: `sure` is 1, 0, or -1 for neither."""

    paths: list[Path]
    keywords: list[str]
    labels: NDArray[np.int64]
    ties: NDArray[np.int64]
    sure: NDArray[np.int64]
    answers: NDArray[np.int64]


def read(folder: Path) -> Crawl:
    """Read a crawl and its votes, and find its near-duplicates."""
    with (folder / "votes.csv").open(newline="") as file:
        votes = {(row["keyword"], row["photo_id"]): row for row in csv.DictReader(file)}
    paths = [folder / keyword / f"{photo}.jpg" for keyword, photo in sorted(votes)]
    rows = [votes[path.parent.name, path.stem] for path in paths]
    owner = np.array([int(row["kept_by_owner"]) for row in rows])
    others = np.array([int(row["kept_by_others"]) for row in rows])
    sure = np.where((owner == 1) & (others >= 2), 1, -1)
    sure[(owner == 0) & (others == 0)] = 0
    keywords, labels = np.unique([path.parent.name for path in paths], return_inverse=True)
    answers = np.where(sure >= 0, sure, owner)
    return Crawl(paths, [str(word) for word in keywords], labels, tied(paths), sure, answers)


def tied(paths: list[Path]) -> NDArray[np.int64]:
    """Number photos so that near-duplicates are equal."""
    prints = [fingerprint(decode(path.read_bytes())) for path in paths]
    hashes = np.array([each.phash for each in prints], np.uint64)
    held = {str(number): each.thumb for number, each in enumerate(prints)}
    pairs = near_duplicates(
        list(held), hashes, 6, lambda names: unpack_thumbs([held[name] for name in names])
    )
    return np.array(components(len(paths), ((int(a), int(b)) for a, b in pairs)))


def embedded(paths: list[Path]) -> NDArray[np.float16]:
    """Embed photos, and say what that costs."""
    import_keras()
    from menagerie.learning.backbone import Backbone, model_input

    began = time.process_time()
    images = np.stack([model_input(path.read_bytes()) for path in paths])
    decoded = time.process_time()
    backbone = Backbone()
    backbone.embed(images[:BATCH])
    ready = time.process_time()
    lots = [backbone.embed(images[n : n + BATCH]) for n in range(0, len(images), BATCH)]
    each = 1000 / len(paths)
    say(f"decoding {(decoded - began) * each:.1f} ms, embedding", end=" ")
    say(f"{(time.process_time() - ready) * each:.1f} ms of processor time a photo")
    return np.concatenate(lots).astype(np.float16)


def area(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Return the area under the ROC curve: how often a relevant photo outranks another."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    yes, no = (truth == 1).sum(), (truth == 0).sum()
    return float((ranks[truth == 1].sum() - yes * (yes + 1) / 2) / (yes * no))


def areas(crawl: Crawl, scores: NDArray[np.float64], among: NDArray[np.bool_]) -> str:
    """Write the area of each keyword, among some of the photos."""
    found = []
    for number, keyword in enumerate(crawl.keywords):
        chosen = among & (crawl.labels == number) & (crawl.sure >= 0)
        found.append(f"{keyword} {area(scores[chosen], crawl.sure[chosen]):.3f}")
    return ", ".join(found)


def ask(
    crawl: Crawl, features: NDArray[np.float32], asked: NDArray[np.bool_], count: int
) -> tuple[Relevance, NDArray[np.int64]]:
    """Answer what the queue asks of some photos by the votes, ten by ten; score after each ten."""
    decided = np.full(len(crawl.labels), OPEN)
    while True:
        found = relevance(features, crawl.labels, crawl.ties, decided)
        if (decided != OPEN).sum() >= count:
            return found, decided
        names = [(str(n), crawl.keywords[crawl.labels[n]]) for n in np.flatnonzero(asked)]
        scores = {name: float(found.score[int(name[0])]) for name in names}
        answers = {name: True for name in names if decided[int(name[0])] != OPEN}
        for number, _ in most_doubtful(scores, answers, SHARE)[:ASKED_AT_ONCE]:
            decided[int(number)] = KEPT if crawl.answers[int(number)] else REJECTED


def judge(folder: Path, decisions: int) -> None:
    """Print how well relevance is told."""
    crawl = read(folder)
    features = embedded(crawl.paths)
    short = shortened(lambda: lots(features), len(features))
    everything = np.ones(len(features), bool)
    found, _ = ask(crawl, short, everything, 0)
    for name in ("similarity", "probability", "score"):
        say(f"no decision, {name}: {areas(crawl, getattr(found, name), everything)}")
    for number, keyword in enumerate(crawl.keywords):
        low = crawl.labels == number
        low &= found.score < np.quantile(found.score[low], SHARE)
        wrong, right = (crawl.sure[low] == 0).sum(), (crawl.sure[low] == 1).sum()
        say(f"the lowest {SHARE:.0%} of {keyword}: {low.sum()}, surely not {wrong}, surely {right}")
    for number, keyword in enumerate(crawl.keywords):
        one = crawl.labels == number
        found, decided = ask(crawl, short, one, decisions)
        only = Crawl(
            crawl.paths, [keyword], np.where(one, 0, -1), crawl.ties, crawl.sure, crawl.answers
        )
        all_of_it = areas(only, found.score, everything)
        rest = areas(only, found.score, decided == OPEN)
        say(f"{decisions} decisions on {keyword}, of which {(decided == REJECTED).sum()} rejected:")
        say(f"  all photos, each without its own decision: {all_of_it}; the undecided: {rest}")
        open_ones = one & (decided == OPEN)
        low = open_ones & (found.score < 0.5)  # What is doubtful once enough is decided.
        wrong, right = ((crawl.sure == what) & open_ones for what in (0, 1))
        say(f"  below 0.5 of the undecided: {low.sum()}, surely not", end=" ")
        say(f"{(low & wrong).sum()} of {wrong.sum()}, surely {(low & right).sum()}", end=" ")
        say(f"of {right.sum()}")
    found, decided = ask(crawl, short, everything, decisions)
    say(f"{decisions} decisions over all: {areas(crawl, found.score, everything)};", end=" ")
    say(f"the undecided: {areas(crawl, found.score, decided == OPEN)}")


def lots(features: NDArray[np.float16]) -> Iterator[Lot]:
    """Give features in lots, as they come from blocks."""
    for start in range(0, len(features), 256):
        lot = features[start : start + 256]
        yield np.arange(start, start + len(lot)), lot


def cost(photos: int) -> None:
    """Score made-up features, and say what that takes."""
    noise = np.random.default_rng(5)
    labels = noise.integers(0, 3, photos)
    means = noise.random((3, 1280))

    def made_up() -> Iterator[Lot]:
        again = np.random.default_rng(6)
        for start in range(0, photos, 256):
            positions = np.arange(start, min(start + 256, photos))
            spread = again.random((len(positions), 1280), np.float32)
            yield positions, (means[labels[positions]] + spread).astype(np.float16)

    before, began = peak_mb(), time.process_time()
    short = shortened(made_up, photos)
    middle = time.process_time()
    decided = np.full(photos, OPEN)
    decided[:300] = noise.integers(0, 2, 300)
    relevance(short, labels, np.arange(photos) // 2, decided)
    say(f"{photos:,} photos: shortening {middle - began:.1f} s (making them up included),", end=" ")
    say(f"scoring {time.process_time() - middle:.1f} s of processor time;", end=" ")
    say(f"{peak_mb()} MB at most, {before} MB at the start")


def peak_mb() -> int:
    """Tell how much memory this process has ever needed."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(text: str, end: str = "\n") -> None:
    """Print a line, or a part of one."""
    print(text, end=end, flush=True)  # noqa: T201


def main() -> None:
    """Judge a crawl, or score made-up photos."""
    parser = argparse.ArgumentParser(description="How well relevance is told, and what it costs.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--photos", type=Path, help="A crawl with votes.csv.")
    what.add_argument("--made-up", type=int, help="So many photos without meaning.")
    parser.add_argument("--decisions", type=int, default=60)
    options = parser.parse_args()
    if options.photos:
        judge(options.photos, options.decisions)
    else:
        cost(options.made_up)


if __name__ == "__main__":
    main()
