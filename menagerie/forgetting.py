"""Forgetting photos: out of the store, tiles, releases and the catalog, and kept from coming back.

The tombstones come first and the rows last: when this is cut off, no other run uses the photos,
and the same call finds what is left and finishes.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from menagerie.catalog.curation import tile_blocks
from menagerie.catalog.database import Catalog
from menagerie.catalog.forgetting import (
    Place,
    Subject,
    begin_forgetting,
    bytes_of,
    delete_release,
    embeddings_of,
    find_photos,
    finish_forgetting,
    forget_figures,
    places_of,
    release_source,
    trained_on,
    was_forgotten,
    wipe,
)
from menagerie.catalog.history import inherit_time
from menagerie.catalog.license_names import licenses_by_id
from menagerie.catalog.photos import dataset_source
from menagerie.catalog.releases import record_release
from menagerie.catalog.relevance import embedding_blocks
from menagerie.curation.comparing import forget_compared
from menagerie.curation.report import FOLDER as CURATION_PAGES
from menagerie.curation.report import remove_curation_report
from menagerie.errors import CallError, MenagerieError, RecipeError, ReleaseError
from menagerie.folders import point
from menagerie.learning.folder import PAGES, read_card, remove_features
from menagerie.locking import exclusive
from menagerie.photos.blocks import BlockStore
from menagerie.photos.embeddings import EmbeddingStore
from menagerie.photos.shelves import kinds_of
from menagerie.photos.store import PhotoStore
from menagerie.photos.tiles import TileStore
from menagerie.release.rewrite import Held, Rewritten, held_of, rewrite_release
from menagerie.release.sealing import clear_unfinished, discard, is_whole
from menagerie.release.tables import read_sources
from menagerie.release.withdrawn import note_withdrawn

_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Replaced:
    """A release that held the photos, and the one in its place; None where nothing is."""

    dataset: str
    release: str
    successor: str | None


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """A model that saw the photos; it stays."""

    dataset: str
    model: str
    release: str


@dataclass(slots=True)
class Forgotten:
    """What was removed, and where.

    `seen` is False when nothing was known of the subject: it only is kept from coming. `shared`
    counts files that stay, since photos of others have the same bytes.
    """

    source: str
    photo: str | None
    owner: str | None
    seen: bool
    again: bool
    photos: list[str] = field(default_factory=list)
    files: int = 0
    shared: int = 0
    tiles: int = 0
    fingerprints: int = 0
    releases: list[Replaced] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    models: list[TrainedOn] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the document of `menagerie forget --json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Home:
    """Where photos can be: a catalog with its store and tiles, and the folder of datasets."""

    catalog: Catalog
    store: PhotoStore
    blocks: Path | str
    datasets: Path


@dataclass(frozen=True, slots=True)
class _Release:
    folder: Path
    held: Held

    @property
    def dataset_dir(self) -> Path:
        return self.folder.parent.parent


def subject_of(
    catalog: Catalog, dataset: str, source: str, photo_id: str | None, owner: str | None
) -> Subject:
    """Say who is to be forgotten; `source` is meant where a dataset holds no photos yet.

    Raises:
        CallError: neither a photo nor an owner is named, or both, or one that cannot be.
    """
    if (photo_id is None) == (owner is None):
        raise CallError("Say who is to be forgotten: either --photo ID or --owner ID.")
    named = (photo_id or owner or "").strip()
    if not named or len(named) > _LONGEST_ID:
        raise CallError(f"That is no id of a photo or an owner (received {named!r:.60}).")
    held = dataset_source(catalog, dataset) or source
    return Subject(held, named if owner is None else None, None if owner is None else named)


@contextmanager
def all_held(home: Path, datasets: Path) -> Iterator[None]:
    """Hold every dataset: a photo may stand in several.

    Raises:
        BusyError: a run is at work on one of them.
    """
    with ExitStack() as stack:
        for folder in _dataset_dirs(datasets):
            stack.enter_context(exclusive(home, folder, "forget"))
        yield


def forget(place: Home, subject: Subject, reason: str) -> Forgotten:
    """Take photos out everywhere and keep them from coming back; tell what was removed.

    Raises:
        ReleaseError: a release cannot be read; nothing was changed.
    """
    catalog = place.catalog
    known = find_photos(catalog, subject)
    again = was_forgotten(catalog, subject)
    wanted = {subject.photo_id} if subject.photo_id is not None else set(known.values())
    ids = {photo_id for photo_id in wanted if photo_id is not None}
    held = list(_releases_with(place, subject, ids))
    ids = ids.union(*(release.held.photo_ids for release in held))
    begin_forgetting(catalog, subject, list(known), ids, reason)
    done = Forgotten(
        subject.source, subject.photo_id, subject.owner, bool(known or held), again, sorted(ids)
    )
    _remove_bytes(place, list(known), held, done)
    for dataset_dir in _dataset_dirs(place.datasets):
        # Whichever photos they show, the next curation writes them anew.
        if remove_curation_report(dataset_dir):
            done.reports.append(str(dataset_dir / CURATION_PAGES))
    for release in held:
        _name_models(place, release, done)
        _replace(place, release, ids, done)
    finish_forgetting(catalog, list(known))
    wipe(catalog)
    return done


def _remove_bytes(
    place: Home, keys: Sequence[int], held: Sequence[_Release], done: Forgotten
) -> None:
    """Remove stored files, tiles and thumbnails that no other photo needs."""
    named = frozenset[str]().union(*(release.held.sha256s for release in held))
    unneeded, shared = bytes_of(place.catalog, keys, named)
    done.shared = len(shared)
    done.files = sum(place.store.remove(sha256) for sha256 in sorted(unneeded))
    places = places_of(place.catalog, unneeded)
    _blank(lambda spec: TileStore(place.blocks, spec), places)
    _blank(lambda spec: EmbeddingStore(place.blocks, spec), embeddings_of(place.catalog, unneeded))
    done.tiles = len(places)
    done.fingerprints = forget_figures(place.catalog, unneeded)
    _clear_unnamed_blocks(place)


def _clear_unnamed_blocks(place: Home) -> None:
    """Remove blocks that were replaced or never recorded: nobody knows whose rows they hold."""
    for spec in kinds_of(place.blocks, "tiles"):
        TileStore(place.blocks, spec).clear(tile_blocks(place.catalog, spec))
    for spec in kinds_of(place.blocks, "embeddings"):
        EmbeddingStore(place.blocks, spec).clear(embedding_blocks(place.catalog, spec))
    forget_compared(place.blocks)


def _blank(store: Callable[[str], BlockStore], places: Sequence[Place]) -> None:
    for spec, block in sorted({(place.spec, place.block) for place in places}):
        rows = [place.row for place in places if (place.spec, place.block) == (spec, block)]
        store(spec).blank(block, rows)


def _dataset_dirs(datasets: Path) -> list[Path]:
    return sorted(p for p in datasets.glob("*") if p.is_dir() and (p / "recipe.toml").is_file())


def _releases_with(place: Home, subject: Subject, ids: set[str]) -> Iterator[_Release]:
    """Yield every release, of any dataset, that holds one of the photos."""
    for dataset_dir in _dataset_dirs(place.datasets):
        releases = dataset_dir / "releases"
        clear_unfinished(releases)
        for folder in sorted(p for p in releases.glob("[!.]*") if p.is_dir()):
            try:
                theirs = _is_of(place.catalog, folder, dataset_dir.name, subject.source)
                held = held_of(folder, ids, subject.owner) if theirs else None
            except (OSError, ValueError) as error:
                raise ReleaseError(
                    f"Nobody can tell whether {folder} holds the photos: {error}. Run `menagerie"
                    f" release {dataset_dir.name}`, or remove that folder, and run the same"
                    " command again; nothing was changed."
                ) from None
            if held is not None and held.photo_ids:
                yield _Release(folder, held)


def _is_of(catalog: Catalog, release: Path, dataset: str, source: str) -> bool:
    """Tell whether the photos of a release are those of a source."""
    known = release_source(catalog, dataset, release.name)
    if known is not None:
        return known == source
    # Made from another home: its manifest does not tell one sandbox from another.
    return source.partition("-")[0] in read_sources(release / "manifest.parquet")


def _name_models(place: Home, release: _Release, done: Forgotten) -> None:
    """Name the models that saw the photos, and remove reports that may show one of them."""
    dataset_dir, folder = release.dataset_dir, release.folder
    trained = trained_on(place.catalog, dataset_dir.name, folder.name)
    for model in sorted(p for p in (dataset_dir / "models").glob("[!.]*") if p.is_dir()):
        if model.name in trained or _card_names(model, folder.name):
            done.models.append(TrainedOn(dataset_dir.name, model.name, folder.name))
        for page in PAGES:
            report = model / page
            if release.held.in_test and report.is_file() and _judged_on(model, folder.name):
                report.unlink()
                done.reports.append(str(report))


def _card_names(model: Path, release_id: str) -> bool:
    try:
        return read_card(model).release == release_id
    except MenagerieError:
        return False


def _judged_on(model: Path, release_id: str) -> bool:
    try:
        metrics = json.loads((model / "metrics.json").read_text(encoding="utf-8"))
        return bool(metrics["release"] == release_id)
    except (OSError, ValueError, KeyError, TypeError):
        # Nobody knows what it shows.
        return True


def _replace(place: Home, release: _Release, ids: set[str], done: Forgotten) -> None:
    """Put a release without the photos in the place of one with them."""
    catalog, folder, dataset_dir = place.catalog, release.folder, release.dataset_dir
    made = _rewrite(catalog, folder, ids, done.source)
    if made is not None and release_source(catalog, dataset_dir.name, folder.name) is not None:
        record_release(catalog, dataset_dir.name, made.id, made.inputs, done.source)
        inherit_time(catalog, dataset_dir.name, folder.name, made.id)
    successor = made.id if made else None
    current = dataset_dir / "current"
    if current.is_symlink() and current.readlink().name == folder.name:
        if successor is None:
            current.unlink()
        else:
            point(current, Path("releases") / successor)
    note_withdrawn(folder.parent, folder.name, successor)
    discard(folder)
    remove_features(dataset_dir / "models", folder.name)
    delete_release(catalog, dataset_dir.name, folder.name)
    done.releases.append(Replaced(dataset_dir.name, folder.name, successor))


def _rewrite(catalog: Catalog, folder: Path, ids: set[str], source: str) -> Rewritten | None:
    """Build a release anew without photos; None where it is damaged, or too little is left."""
    if not is_whole(folder):
        return None
    names = licenses_by_id(catalog, source)
    try:
        return rewrite_release(catalog, folder, ids, names)
    except RecipeError:
        # Of a version that knew other keys.
        return None
