"""Exporting a release: what is missing is encoded in threads and written in its order."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from menagerie.cores import usable_cores
from menagerie.errors import MissingReleaseError
from menagerie.export.card import adapt_card
from menagerie.export.formats import layout_of
from menagerie.export.layout import Layout, Pictures
from menagerie.export.place import Place, exporting
from menagerie.export.source import Sample, Shard, Source
from menagerie.progress import Advance

# Raise it when the bytes of any format change, so that no folder holds some of each.
LAYOUT_VERSION = 1

_AT_ONCE = 64
_BATCHES_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Exported:
    """An export that is done: how many samples were written, and how many were there already."""

    document: dict[str, Any]
    path: Path
    written: int
    kept: int

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON document."""
        named = ("dataset", "release", "format")
        return {
            **{name: self.document[name] for name in named},
            "path": str(self.path),
            "samples": self.document["samples"],
            "shards": self.document["shards"],
            "written": self.written,
            "kept": self.kept,
        }


def export_release(source: Source, format_name: str, out: Path, advance: Advance) -> Exported:
    """Write a release in a format to a folder of its own, or go on with an export cut off.

    Raises:
        OutputError: the folder holds something else.
        MissingReleaseError: the release was removed meanwhile.
        HomeError: it cannot be written, or its disk is full.
        BusyError: another process exports to it.
        ReleaseError: the manifest does not belong to the arrays.
    """
    document = describe(source, format_name)
    layout, written = layout_of(format_name), 0
    with _faults_told(source, out), exporting(out, document) as place:
        with ThreadPoolExecutor(_threads(), thread_name_prefix="encode") as threads:
            for shard in source.shards():
                missing = layout.missing(place, shard)
                advance(len(shard.samples) - len(missing), "")
                if missing:
                    pictures = _encoded(source, layout, missing, threads)
                    layout.write(place, shard, _counted(pictures, shard, advance))
                    written += len(missing)
        _write_around(place, source, layout)
    return Exported(document, out, written, sum(source.counts.values()) - written)


def describe(source: Source, format_name: str) -> dict[str, Any]:
    """Return what stands in `export.json`."""
    return {
        "dataset": source.dataset,
        "release": source.id,
        "format": format_name,
        "layout": LAYOUT_VERSION,
        "classes": list(source.classes),
        "image_size_px": source.image_size_px,
        "samples": source.counts,
        "shards": source.parts,
    }


def _write_around(place: Place, source: Source, layout: Layout) -> None:
    layout.write_around(place, source)
    for name in ("CREDITS.csv", "classes.json"):
        place.copy_once(source.folder / name)
    card = (source.folder / "README.md").read_text(encoding="utf-8")
    place.write_once("README.md", adapt_card(card, layout.card(source)))


def _encoded(
    source: Source, layout: Layout, samples: Sequence[Sample], threads: ThreadPoolExecutor
) -> Pictures:
    """Encode a few batches ahead of who writes them, in order; so memory does not grow."""

    def encode(batch: Sequence[Sample]) -> list[bytes]:
        return layout.encode(source.tiles(batch[0].split, [sample.row for sample in batch]))

    waiting: deque[tuple[Sequence[Sample], Future[list[bytes]]]] = deque()
    for start in range(0, len(samples), _AT_ONCE):
        batch = samples[start : start + _AT_ONCE]
        waiting.append((batch, threads.submit(encode, batch)))
        if len(waiting) > _BATCHES_AHEAD * _threads():
            yield from _next(waiting)
    while waiting:
        yield from _next(waiting)


def _next(waiting: deque[tuple[Sequence[Sample], Future[list[bytes]]]]) -> Pictures:
    batch, pictures = waiting.popleft()
    return zip(batch, pictures.result(), strict=True)


def _counted(pictures: Pictures, shard: Shard, advance: Advance) -> Pictures:
    note, done = f"{shard.split} {shard.number + 1} of {shard.parts}", 0
    for picture in pictures:
        yield picture
        done += 1
        if done % _AT_ONCE == 0:
            advance(_AT_ONCE, note)
    advance(done % _AT_ONCE, note)


def _threads() -> int:
    return usable_cores()


@contextmanager
def _faults_told(source: Source, out: Path) -> Iterator[None]:
    """Say in a sentence what is wrong with the disk of the export, or that the release is gone."""
    from menagerie.catalog.database import home_error

    try:
        yield
    except OSError as error:
        if not source.folder.is_dir():
            raise MissingReleaseError(
                f"The release {source.id} of {source.dataset} was removed meanwhile: {error}."
                " Export the one that took its place to another folder."
            ) from None
        raise home_error(error, out, "--out") from None
