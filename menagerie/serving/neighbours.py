"""The training photos that look most like a photo to the model that judges it, with credits."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.learning.predict import Predictor
from menagerie.licenses import License
from menagerie.release.arrays import read_samples
from menagerie.release.credits import Credit, credit_of_row
from menagerie.release.tables import MANIFEST, Row, rows_of
from menagerie.release.withdrawn import find_release

_log = logging.getLogger(__name__)

_MOST_VALUES = 12_000_000  # 48 MB
_MOST_PHOTOS = 20_000
_BATCH = 32
_PAUSE_SECONDS = 0.02
_COLUMNS = ("split", "row", "label", "sha256", "source")
_CREDITED = ("photo_id", "title", "owner_name", "owner", "license", "page_url")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training photo; `likeness` is the cosine of the angle between what the model sees."""

    likeness: float
    label: str
    sha256: str
    source: str
    credit: Credit


@dataclass(frozen=True, slots=True)
class _Index:
    manifest: Path
    written: tuple[int, int]
    features: NDArray[np.float32]
    rows: list[Row]


class Neighbours:
    """Finds a model's training photos by what it sees on them.

    They are looked through in a thread of its own when first asked for, in small batches between
    those of requests; until then there is no answer. Of a large release an even sample of 20,000
    photos is looked through. Nothing is written down: what was taken out of the release is not
    shown any more.
    """

    def __init__(self, predictor: Predictor, dataset_dir: Path) -> None:
        self._predictor, self._dataset_dir = predictor, dataset_dir
        self._index: _Index | None = None
        self._begun = False
        self._closed = threading.Event()
        self._lock = threading.Lock()

    @property
    def are_ready(self) -> bool:
        """Whether the photos have been looked through."""
        return self._index is not None

    def close(self) -> None:
        """Stop looking through photos."""
        self._closed.set()

    def prepare(self) -> None:
        """Begin to look through the training photos, unless that was done."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
        threading.Thread(target=self._look_through, daemon=True, name="neighbours").start()

    def nearest(
        self, tile: NDArray[np.uint8], count: int, names: Mapping[str, License] | None = None
    ) -> list[Neighbour] | None:
        """Return the training photos most like a tile (size, size, 3), the likest first.

        None while they are looked through; none at all where the release or its manifest is gone,
        or the network has nothing to tell photos by. For `names` see `license_of`.
        """
        self.prepare()
        index = self._index
        if index is None:
            return None
        if not len(index.rows) or _written(index.manifest) != index.written:
            return []
        seen = self._predictor.features(tile[None])
        assert seen is not None
        likeness = index.features @ seen[0]
        best = np.argsort(-likeness, kind="stable")[:count]
        return [
            _neighbour(index.rows[place], float(likeness[place]), names or {})
            for place in best.tolist()
        ]

    def _look_through(self) -> None:
        try:
            self._index = self._indexed()
        except Exception as error:  # Keras raises what a network it does not know makes it raise.
            _log.info("No training photos can be shown for %s: %s", self._predictor.id, error)
            self._index = _nothing()

    def _indexed(self) -> _Index:
        release = find_release(self._dataset_dir, self._predictor.release)
        manifest = release / MANIFEST
        written = _written(manifest)
        x = read_samples(release, "train").x
        one = self._predictor.features(np.asarray(x[:1]))
        if one is None or not len(x):
            return _nothing()
        most = min(len(x), _MOST_PHOTOS, _MOST_VALUES // one.shape[1])
        chosen = np.linspace(0, len(x) - 1, most).astype(np.int64)
        features = np.empty((len(chosen), one.shape[1]), np.float32)
        for start in range(0, len(chosen), _BATCH):
            places = chosen[start : start + _BATCH]
            tiles = np.zeros((_BATCH, *x.shape[1:]), np.uint8)
            tiles[: len(places)] = x[places]
            seen = self._predictor.features(tiles)
            assert seen is not None
            features[start : start + len(places)] = seen[: len(places)]
            # Whoever wants to know what is on a photo goes first.
            if self._closed.wait(_PAUSE_SECONDS):
                return _nothing()
        return _Index(manifest, written, features, _rows(manifest, chosen))


def _nothing() -> _Index:
    return _Index(Path(), (0, 0), np.zeros((0, 0), np.float32), [])


def _rows(manifest: Path, chosen: NDArray[np.int64]) -> list[Row]:
    """Return what the manifest tells of the chosen training photos, in their order."""
    places = {row: place for place, row in enumerate(chosen.tolist())}
    found: list[Row] = [{}] * len(places)
    for row in rows_of(manifest, *_COLUMNS, *_CREDITED):
        if row["split"] == "train" and row["row"] in places:
            found[places[row["row"]]] = row
    if not all(found):
        raise ValueError(f"{manifest} does not tell of every training photo")
    return found


def _written(manifest: Path) -> tuple[int, int]:
    """Return what changes when a manifest does; nothing of one that is gone."""
    try:
        found = manifest.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


def _neighbour(row: Row, likeness: float, names: Mapping[str, License]) -> Neighbour:
    return Neighbour(
        likeness=round(likeness, 4),
        label=row["label"] or "",
        sha256=row["sha256"] or "",
        source=row["source"] or "",
        credit=credit_of_row(row, names),
    )
