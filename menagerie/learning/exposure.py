"""Which photos a model was trained on: they are never counted in a test of it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import MissingReleaseError, TrainingError
from menagerie.learning.folder import SEEN_FILE
from menagerie.learning.samples import Release

MANIFEST = "manifest.parquet"

_KEYS = ("source", "photo_id", "sha256")


def manifest_of(release_dir: Path) -> Path:
    """Return the manifest of a release.

    Raises:
        MissingReleaseError: there is none, so nobody knows which photos stand in it.
    """
    path = release_dir / MANIFEST
    if not path.is_file():
        raise MissingReleaseError(
            f"{path} is missing, so it cannot be told which photos stand in that release."
            f" `menagerie verify` says what else is; `menagerie rebuild` makes it again."
        )
    return path


def split_of(release_dir: Path, split: str, columns: tuple[str, ...]) -> Any:
    """Return columns of a split's part of the manifest, in the order of its rows.

    A column that the manifest lacks holds nothing.
    """
    # Late: whoever asks for a model's figures reads no manifest.
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = manifest_of(release_dir)
    there = [name for name in columns if name in pq.read_schema(path).names]
    table = pq.read_table(path, columns=[*there, "row"], filters=[("split", "==", split)])
    table = table.sort_by("row")
    for name in columns:
        if name not in there:
            table = table.append_column(name, pa.nulls(len(table), pa.string()))
    return table.select(list(columns))


class Seen:
    """The photos that a model was trained on, as it remembers them: by hashes, in `seen.npy`.

    What becomes of their release later, or of a photo that is forgotten, changes nothing of
    what the model has seen. The file holds, sorted, the first 64 bits of the SHA-256 of each
    photo's `source/id` and of its bytes: uint64 (n,). None of them: nobody knows.
    """

    def __init__(self, model_dir: Path) -> None:
        """Read what a model has seen.

        Raises:
            TrainingError: the file cannot be used.
        """
        path = model_dir / SEEN_FILE
        try:
            self._keys = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise TrainingError(
                f"{path} cannot be used, so it cannot be told which photos the model has seen:"
                f" {error}. Remove the folder of the model and run `menagerie train` again."
            ) from None

    def __bool__(self) -> bool:
        return len(self._keys) > 0

    def refuse_unknown(self, release_id: str) -> None:
        """Refuse to tell anything of a model that remembers nothing.

        Raises:
            MissingReleaseError: its release had no manifest.
        """
        if not self:
            raise MissingReleaseError(
                "The model was trained on a release without a manifest, so it cannot be told which"
                f" photos of {release_id} it has seen. Train a model on that release."
            )

    def has_bytes(self, sha256: str) -> bool:
        """Tell whether the model has seen a file, by its SHA-256 in hex."""
        return bool(np.isin(_keys([sha256]), self._keys)[0])

    def rows(self, release_dir: Path) -> NDArray[np.bool_]:
        """Tell of each test photo of a release whether the model has seen it: bool (n,).

        The same photo, whatever its bytes are now, or the same bytes.

        Raises:
            MissingReleaseError: the release has no manifest, or the model never had one.
        """
        self.refuse_unknown(release_dir.name)
        test = split_of(release_dir, "test", _KEYS)
        names, files = _named(test)
        return np.isin(names, self._keys) | np.isin(files, self._keys) & (files > 0)


def unseen_test(release: Release, model_dir: Path, trained_on: str) -> NDArray[np.bool_]:
    """Tell which test photos of a release a model has not seen: bool (n,).

    Of the release it was `trained_on` all of them: `menagerie verify` proves that the splits
    have none in common.

    Raises:
        MissingReleaseError, TrainingError: see `Seen`.
    """
    if release.id == trained_on:
        return np.ones(len(release.samples("test")), np.bool_)
    return ~Seen(model_dir).rows(release.folder)


def write_seen(release_dir: Path, path: Path) -> None:
    """Write which photos a model of a release is trained on; see `Seen`."""
    keys = np.empty(0, np.uint64)
    if (release_dir / MANIFEST).is_file():
        keys = np.unique(np.concatenate(_named(split_of(release_dir, "train", _KEYS))))
    np.save(path, keys)


def _named(table: Any) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the keys of photos and of their bytes, uint64 (n,) each; 0 where there is none."""
    pairs = zip(table["source"].to_pylist(), table["photo_id"].to_pylist(), strict=True)
    ids = (hashlib.sha256(f"{source}/{name}".encode()).hexdigest() for source, name in pairs)
    return _keys(ids), _keys(table["sha256"].to_pylist())


def _keys(digests: Iterable[str | None]) -> NDArray[np.uint64]:
    return np.fromiter((int((digest or "0")[:16], 16) for digest in digests), np.uint64)


def same_photos(release_dir: Path, other: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the test rows of a release and of another one that hold the same photos."""
    names, others = (_named(split_of(r, "test", _KEYS))[0] for r in (release_dir, other))
    _, rows, theirs = np.intersect1d(names, others, return_indices=True)
    order = np.argsort(rows)
    return rows[order], theirs[order]
