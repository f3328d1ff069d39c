"""The releases of a dataset: which there are, which is meant, which models came of them."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from menagerie.catalog.database import Catalog
from menagerie.catalog.history import release_times, releases_of_models
from menagerie.errors import CallError, MenagerieError, MissingReleaseError
from menagerie.learning.folder import read_card
from menagerie.release.arrays import read_samples
from menagerie.release.current import current_release, is_release
from menagerie.release.withdrawn import find_release, predecessors


@dataclass(frozen=True, slots=True)
class Entry:
    """A release; `created_at` in unix seconds, `train` and `test` in samples.

    `bytes` is what it takes on the disk, `models` are those that were trained on it.
    """

    id: str
    created_at: int
    train: int
    test: int
    bytes: int
    models: tuple[str, ...]
    current: bool
    note: str

    @property
    def is_damaged(self) -> bool:
        """Whether its samples cannot be read."""
        return self.train + self.test == 0

    @property
    def date(self) -> str:
        """When it was published, as 2026-03-01T09:30:00Z."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.created_at))

    def to_json(self) -> dict[str, Any]:
        """Return an entry of `menagerie releases --json`."""
        document = asdict(self)
        return {"id": document.pop("id"), "date": self.date, **document}


def list_releases(catalog: Catalog, dataset_dir: Path) -> list[Entry]:
    """List the releases of a dataset, the newest first."""
    times = release_times(catalog, dataset_dir.name)
    models = models_by_release(catalog, dataset_dir)
    replaced = predecessors(dataset_dir)
    current = current_id(dataset_dir)
    dated = []
    for folder in release_folders(dataset_dir):
        train, test, note = _samples(folder)
        try:
            size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            made = folder.stat()
        except FileNotFoundError:
            # Pruned since we began to look.
            continue
        created_at = times.get(folder.name, int(made.st_mtime))
        notes = [note, *(f"in the place of {old}" for old in replaced.get(folder.name, ()))]
        entry = Entry(
            id=folder.name,
            created_at=created_at,
            train=train,
            test=test,
            bytes=size,
            models=tuple(models.get(folder.name, ())),
            current=folder.name == current,
            note="; ".join(filter(None, notes)),
        )
        # Two may be of one second.
        dated.append(((created_at, made.st_mtime_ns), entry))
    return [entry for _, entry in sorted(dated, key=lambda each: each[0], reverse=True)]


def release_folders(dataset_dir: Path) -> list[Path]:
    """Return the folders of all releases, by id; what else lies beside them is none of ours."""
    return sorted(filter(is_release, (dataset_dir / "releases").glob("[!.]*")))


def current_id(dataset_dir: Path) -> str | None:
    """Return the id of the current release, None when there is none."""
    try:
        return current_release(dataset_dir).name
    except MissingReleaseError:
        return None


def models_by_release(catalog: Catalog, dataset_dir: Path) -> dict[str, list[str]]:
    """Return the models that are there by the release that they were trained on.

    A release that was withdrawn is stood for by the one that took its place.
    """
    known = releases_of_models(catalog, dataset_dir.name)
    found: dict[str, list[str]] = {}
    for folder in sorted(p for p in (dataset_dir / "models").glob("[!.]*") if p.is_dir()):
        for release in {_release_on_card(folder), known.get(folder.name)} - {None}:
            assert release is not None
            found.setdefault(_successor(dataset_dir, release), []).append(folder.name)
    return found


def _release_on_card(model: Path) -> str | None:
    try:
        return read_card(model).release
    except MenagerieError:
        return None


def _successor(dataset_dir: Path, release_id: str) -> str:
    try:
        return find_release(dataset_dir, release_id).name
    except MissingReleaseError:
        return release_id


def _samples(folder: Path) -> tuple[int, int, str]:
    """Count the samples of a release in train and test, and say what is odd about it."""
    # It loads pyarrow, for which whoever only asks what is current would wait.
    from menagerie.release.tables import read_sources

    try:
        train, test = (len(read_samples(folder, split).y) for split in ("train", "test"))
        odd = read_sources(folder / "manifest.parquet") - {"flickr"}
    except (MissingReleaseError, OSError, ValueError, EOFError) as error:
        return 0, 0, f"damaged: {str(error).splitlines()[0]}"
    return train, test, f"photos from {', '.join(sorted(odd))}" if odd else ""


def choose(dataset_dir: Path, name: str) -> Path:
    """Return the folder of the release that a person means: `current`, an id, or its beginning.

    Raises:
        CallError: several ids begin so.
        MissingReleaseError: none does.
    """
    if name == "current":
        return current_release(dataset_dir)
    folders = release_folders(dataset_dir)
    found = [folder for folder in folders if name and folder.name.startswith(name)]
    if len(found) > 1:
        raise CallError(
            f"{len(found)} releases of {dataset_dir.name} begin with {name!r}:"
            f" {_list(found)}. Give more of the id."
        )
    if found:
        return found[0]
    successor = find_release(dataset_dir, name)
    if name and successor in folders:
        return successor
    raise MissingReleaseError(
        f"There is no release {name!r} of {dataset_dir.name} (known: {_list(folders) or 'none'})."
        f" `menagerie releases {dataset_dir.name}` lists them."
    )


def _list(folders: Sequence[Path]) -> str:
    return ", ".join(folder.name for folder in folders[:20])


def choose_two(
    catalog: Catalog, dataset_dir: Path, earlier: str | None, later: str | None
) -> tuple[Path, Path]:
    """Return the folders of two releases to be compared: by default, the last two.

    The later one is the current one by default; the earlier one the newest of the others, which
    is what was current before, also where the current one is old and came back.

    Raises:
        MissingReleaseError: there are no two.
    """
    after = choose(dataset_dir, later or "current")
    if earlier is not None:
        return choose(dataset_dir, earlier), after
    others = [e for e in list_releases(catalog, dataset_dir) if e.id != after.name]
    if not others:
        raise MissingReleaseError(
            f"{dataset_dir.name} has one release, {after.name}, and nothing to compare it with."
            f" `menagerie refresh {dataset_dir.name}` makes another when something changes."
        )
    return dataset_dir / "releases" / others[0].id, after
