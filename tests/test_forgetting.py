"""Forgetting reaches everything: store, tiles, thumbnails, releases, catalog; and it lasts."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from menagerie.catalog.forgetting import Subject, find_photos
from menagerie.catalog.relevance import Score, record_embedded, replace_scores
from menagerie.catalog.tables import files, fingerprints, metadata, photos, tiles, verdicts
from menagerie.errors import BusyError, CallError, MissingReleaseError, ReleaseError
from menagerie.forgetting import Forgotten, Home, all_held, forget, subject_of
from menagerie.photos.embeddings import EmbeddingStore
from menagerie.recipe import Recipe
from menagerie.release.current import current_release
from menagerie.release.publish import publish_release
from menagerie.release.sealing import is_whole
from menagerie.release.withdrawn import find_release
from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.server import running
from menagerie.workshop import Workshop, open_workshop
from tests.builders import recipe
from tests.conftest import environment
from tests.library import collect, curate
from tests.processes import ended, wait_until

ASKED = recipe(release={"image_size_px": 16, "min_per_class": 5})


def release(shop: Workshop, asked: Recipe) -> Path:
    """Decode, judge and release what is collected."""
    curate(shop, asked)
    folder = shop.settings.dataset_dir(asked.name)
    return publish_release(shop.catalog, asked, folder, shop.settings.home)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with running(drawn_universe(40)) as url:
        yield url


@pytest.fixture(scope="module")
def built(sandbox: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home and two datasets of the same photos, each released."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(folder, sandbox).items():
            patch.setenv(name, value)
        with open_workshop() as shop:
            for name in ("animals", "zoo"):
                asked = recipe(**{**_sections(), "dataset": {"name": name}})
                shop.settings.dataset_dir(name).mkdir(parents=True)
                (shop.settings.dataset_dir(name) / "recipe.toml").write_text(asked.to_toml())
                collect(shop, asked)
                release(shop, asked)
    return folder


def _sections() -> dict[str, Any]:
    return {"release": {"image_size_px": 16, "min_per_class": 5}}


@dataclass
class Place:
    """A copy of what was built, to forget in."""

    folder: Path
    shop: Workshop

    @property
    def dataset(self) -> Path:
        return self.folder / "datasets/animals"

    @property
    def home(self) -> Home:
        settings = self.shop.settings
        return Home(self.shop.catalog, self.shop.store, settings.home, settings.datasets)

    def manifest(self, dataset: str = "animals") -> list[dict[str, object]]:
        path = self.folder / "datasets" / dataset / "current/manifest.parquet"
        rows: list[dict[str, object]] = pq.read_table(path).to_pylist()
        return rows

    def forget(self, photo: str | None = None, owner: str | None = None) -> Forgotten:
        subject = subject_of(self.shop.catalog, "animals", "sandbox", photo, owner)
        with all_held(self.shop.settings.home, self.shop.settings.datasets):
            return forget(self.home, subject, "asked for by the owner")

    def count(self, table: str) -> int:
        with self.shop.catalog.begin() as connection:
            return connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0

    def traces(self, *words: str) -> list[str]:
        """Name the files that hold one of some words."""
        return sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
        )


@pytest.fixture
def place(
    built: Path, sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    shutil.copytree(built, tmp_path, symlinks=True, dirs_exist_ok=True)
    for name, value in environment(tmp_path, sandbox).items():
        monkeypatch.setenv(name, value)
    with open_workshop() as shop:
        yield Place(tmp_path, shop)


def alone(place: Place) -> dict[str, object]:
    """Return a released photo that no other photo has for its duplicate."""
    with place.shop.catalog.begin() as connection:
        single = set(
            connection.scalars(
                select(files.c.sha256).group_by(files.c.sha256).having(func.count() == 1)
            )
        )
    rejected = pq.read_table(place.dataset / "current/rejected.parquet").to_pylist()
    kept_instead = {row["instead_of"] for row in rejected}
    return next(
        row
        for row in place.manifest()
        if row["sha256"] in single and row["photo_id"] not in kept_instead
    )


def test_a_photo_leaves_the_store_the_tiles_and_the_catalog(place: Place) -> None:
    row = alone(place)
    photo, sha256 = str(row["photo_id"]), str(row["sha256"])
    assert sha256 in place.shop.store
    done = place.forget(photo)
    assert sha256 not in place.shop.store
    assert (done.files, done.tiles, done.fingerprints) == (1, 1, 1)
    with place.shop.catalog.begin() as connection:
        for table in (files, fingerprints, tiles):
            held = connection.scalars(select(table.c.sha256))
            assert sha256 not in set(held)
    assert find_photos(place.shop.catalog, Subject("sandbox", photo)) == {}


def test_nothing_of_a_photo_is_left_in_any_file(place: Place) -> None:
    row = alone(place)
    photo, url, sha256 = str(row["photo_id"]), str(row["page_url"]), str(row["sha256"])
    assert place.traces(photo)
    place.forget(photo)
    place.shop.catalog.close()
    assert place.traces(photo, url, sha256) == []


def test_its_tile_is_black_and_the_others_are_in_their_place(place: Place) -> None:
    sha256 = str(alone(place)["sha256"])
    with place.shop.catalog.begin() as connection:
        spot = connection.execute(select(tiles).where(tiles.c.sha256 == sha256)).one()
    store = place.shop.tiles(spot.spec)
    before = np.array(store.open(spot.block))
    assert before[spot.row].any()
    place.forget(str(alone(place)["photo_id"]))
    after = store.open(spot.block)
    assert not after[spot.row].any()
    others = np.arange(len(before)) != spot.row
    assert (before[others] == after[others]).all()


def test_its_embedding_and_its_score_are_gone_too(place: Place) -> None:
    catalog, sha256 = place.shop.catalog, str(alone(place)["sha256"])
    store = EmbeddingStore(place.shop.settings.home, "a-backbone")
    block = store.write([sha256, "another"], np.ones((2, 4), np.float16))
    record_embedded(catalog, "a-backbone", block, [sha256, "another"])
    found = [Score(name, "crow", 0.5, 0.5, 0.5) for name in (sha256, "another")]
    replace_scores(catalog, "animals", "a-backbone", "", found)
    place.forget(str(alone(place)["photo_id"]))
    assert store.open(block).tolist() == [[0] * 4, [1] * 4]
    assert (place.count("embeddings"), place.count("scores")) == (1, 1)


@pytest.mark.parametrize("dataset", ["animals", "zoo"])
def test_every_release_that_held_it_is_made_without_it(place: Place, dataset: str) -> None:
    row = alone(place)
    folder = place.folder / "datasets" / dataset
    before, old = place.manifest(dataset), current_release(folder)
    done = place.forget(str(row["photo_id"]))
    new = current_release(folder)
    assert not old.exists()
    assert is_whole(new)
    assert find_release(folder, old.name) == new
    assert {r.dataset for r in done.releases} == {"animals", "zoo"}
    ids = [r["photo_id"] for r in before if r["photo_id"] != row["photo_id"]]
    assert [r["photo_id"] for r in place.manifest(dataset)] == ids
    for split in ("train", "test"):
        x, y = (np.load(new / f"{kind}_{split}.npy") for kind in "xy")
        assert len(x) == len(y) == sum(r["split"] == split for r in place.manifest(dataset))


def test_the_samples_of_others_are_the_same_bytes(place: Place) -> None:
    row = alone(place)
    split, number = str(row["split"]), int(str(row["row"]))
    before = np.load(place.dataset / f"current/x_{split}.npy")
    place.forget(str(row["photo_id"]))
    after = np.load(place.dataset / f"current/x_{split}.npy")
    assert (after == np.delete(before, number, axis=0)).all()


def test_a_release_built_afterwards_is_the_one_that_was_rewritten(place: Place) -> None:
    place.forget(str(alone(place)["photo_id"]))
    rewritten = current_release(place.dataset)
    assert release(place.shop, ASKED) == rewritten


def test_a_forgotten_photo_does_not_come_back(place: Place) -> None:
    photo = str(alone(place)["photo_id"])
    place.forget(photo)
    before = place.count("photos")
    collect(place.shop, ASKED)
    assert place.count("photos") == before
    assert find_photos(place.shop.catalog, Subject("sandbox", photo)) == {}


def test_an_owner_leaves_with_all_photos_and_later_ones(place: Place) -> None:
    with place.shop.catalog.begin() as connection:
        owner, many = connection.execute(
            select(photos.c.owner, func.count())
            .group_by(photos.c.owner)
            .order_by(func.count().desc())
        ).first() or ("", 0)
    assert many > 1
    done = place.forget(owner=owner)
    assert len(done.photos) == many
    collect(place.shop, ASKED)
    assert find_photos(place.shop.catalog, Subject("sandbox", owner=owner)) == {}
    place.shop.catalog.close()
    assert place.traces(owner) == []


def test_bytes_that_another_photo_has_stay(place: Place) -> None:
    with place.shop.catalog.begin() as connection:
        shared = connection.scalar(
            select(files.c.sha256)
            .where(files.c.sha256.is_not(None))
            .group_by(files.c.sha256)
            .having(func.count() > 1)
        )
        photo = connection.scalar(
            select(photos.c.photo_id).join(files).where(files.c.sha256 == shared)
        )
    assert shared is not None
    done = place.forget(photo)
    assert (done.files, done.shared) == (0, 1)
    assert shared in place.shop.store


def test_near_duplicates_of_it_stay_together(place: Place) -> None:
    with place.shop.catalog.begin() as connection:
        groups = connection.scalars(
            select(verdicts.c.group_key)
            .where(verdicts.c.dataset == "animals", verdicts.c.group_key.is_not(None))
            .group_by(verdicts.c.group_key)
            .having(func.count() > 1)
        ).all()
        key = groups[0]
        photo = connection.scalar(select(photos.c.photo_id).where(photos.c.key == key))
        members = select(verdicts.c.photo_key).where(verdicts.c.group_key == key)
        others = set(connection.scalars(members)) - {key}
    place.forget(photo)
    with place.shop.catalog.begin() as connection:
        left = select(verdicts.c.group_key).where(verdicts.c.photo_key.in_(others)).distinct()
        assert list(connection.scalars(left)) == [min(others)]


def test_a_photo_that_was_never_seen_is_kept_from_coming(place: Place) -> None:
    before = current_release(place.dataset)
    done = place.forget("999999")
    assert (done.seen, done.again, done.releases) == (False, False, [])
    assert place.forget("999999").again
    assert current_release(place.dataset) == before


def test_an_owner_who_was_never_seen_is_kept_from_coming_and_may_be_named_twice(
    place: Place,
) -> None:
    before = (place.dataset / "current").readlink()
    for again in (False, True):
        done = place.forget(owner="999@N99")
        assert (done.seen, done.again, done.photos) == (False, again, [])
    assert place.count("tombstones") == 1
    assert (place.dataset / "current").readlink() == before


def test_models_that_saw_it_are_named_and_their_reports_removed(place: Place) -> None:
    row = next(r for r in place.manifest() if r["split"] == "test")
    old = current_release(place.dataset)
    model = place.dataset / "models/0123456789ab"
    model.mkdir(parents=True)
    card = {
        "id": "0123456789ab", "release": old.name, "classes": ["monkey"], "image_size_px": 16,
        "resize": "crop", "training": {}, "sha256": "", "library_version": "0",
    }  # fmt: skip
    (model / "model.json").write_text(json.dumps(card))
    (model / "model.keras").write_bytes(b"weights")
    (model / "metrics.json").write_text(json.dumps({"release": old.name}))
    pages = [model / "report.html", model / "unsure.html"]
    for page in pages:
        page.write_text("the worst mistakes")
    done = place.forget(str(row["photo_id"]))
    assert [(m.model, m.release) for m in done.models] == [("0123456789ab", old.name)]
    assert done.reports == [str(page) for page in pages]
    assert (model / "model.keras").exists()
    assert not any(page.exists() for page in pages)


def test_a_release_that_would_lose_a_class_is_withdrawn(place: Place) -> None:
    old = current_release(place.dataset)
    crows = [str(r["photo_id"]) for r in place.manifest() if r["label"] == "crow"]
    done = [place.forget(photo) for photo in crows][-1]
    assert not (place.dataset / "current").is_symlink()
    assert done.releases == [] or done.releases[-1].successor is None
    with pytest.raises(MissingReleaseError, match="withdrawn"):
        find_release(place.dataset, old.name)


def test_an_old_release_that_is_not_current_is_made_anew_as_well(place: Place) -> None:
    row = alone(place)
    old = current_release(place.dataset)
    other = recipe(**{**_sections(), "training": {"seed": 30}})
    newer = release(place.shop, other)
    assert newer != old
    done = place.forget(str(row["photo_id"]))
    assert {r.release for r in done.releases if r.dataset == "animals"} == {old.name, newer.name}
    successors = {r.release: r.successor for r in done.releases}
    assert current_release(place.dataset).name == successors[newer.name]


def test_a_damaged_release_that_holds_it_is_withdrawn(place: Place) -> None:
    photo, old = str(alone(place)["photo_id"]), current_release(place.dataset)
    (old / "x_train.npy").write_bytes(b"not an array")
    done = place.forget(photo)
    assert {r.dataset: r.successor is None for r in done.releases} == {
        "animals": True, "zoo": False
    }  # fmt: skip
    assert not old.exists()


def test_a_release_that_cannot_be_read_is_said_so_and_nothing_is_changed(place: Place) -> None:
    photo, old = str(alone(place)["photo_id"]), current_release(place.dataset)
    (old / "rejected.parquet").write_bytes(b"not a table")
    with pytest.raises(ReleaseError, match="nothing was changed"):
        place.forget(photo)
    assert place.count("tombstones") == 0
    assert find_photos(place.shop.catalog, Subject("sandbox", photo))


def test_a_model_is_judged_on_what_took_the_place_of_its_release(place: Place) -> None:
    old = current_release(place.dataset)
    for _ in range(2):
        place.forget(str(alone(place)["photo_id"]))
    assert find_release(place.dataset, old.name) == current_release(place.dataset)


def test_while_a_run_holds_a_dataset_nothing_is_forgotten(place: Place) -> None:
    photo = str(alone(place)["photo_id"])
    code = (
        "import sys; from pathlib import Path; from menagerie.locking import exclusive\n"
        "with exclusive(Path(sys.argv[1]), Path(sys.argv[2]), 'refresh'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    arguments = [str(place.shop.settings.home), str(place.folder / "datasets/zoo")]
    program = [sys.executable, "-c", code, *arguments]
    pipe = subprocess.PIPE
    with ended(subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match="zoo is busy"):
            place.forget(photo)
    assert find_photos(place.shop.catalog, Subject("sandbox", photo))


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2, 0.3])
def test_what_was_killed_is_finished_by_the_same_call(place: Place, delay: float) -> None:
    photo = str(alone(place)["photo_id"])
    command = [sys.executable, "-m", "menagerie", "forget", "animals", "--photo", photo, "--yes"]
    nowhere = subprocess.DEVNULL
    with ended(subprocess.Popen(command, stdout=nowhere, stderr=nowhere)) as child:
        wait_until(lambda: place.count("tombstones"), "it is begun", by=child, pause_seconds=0.002)
        time.sleep(delay)
    # Whatever runs in between neither fetches nor releases it.
    collect(place.shop, ASKED)
    release(place.shop, ASKED)
    assert photo not in {row["photo_id"] for row in place.manifest()}
    place.forget(photo)
    assert is_whole(current_release(place.dataset))
    place.shop.catalog.close()
    assert place.traces(photo) == []


def test_nobody_or_both_are_refused(place: Place) -> None:
    for photo, owner in ((None, None), ("1", "1@N00"), ("", None), (None, " ")):
        with pytest.raises(CallError):
            subject_of(place.shop.catalog, "animals", "sandbox", photo, owner)


def test_blocks_that_nobody_names_are_removed(place: Place) -> None:
    home = place.shop.settings.home
    strays = [home / kind / "turbo-1-old" / "0123.npy" for kind in ("tiles", "embeddings")]
    strays.append(home / "comparing" / "animals" / "0123.npy")
    strays.append(next((home / "tiles").glob("*")) / ".0123-99")
    for stray in strays:
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"whose rows these are, nobody knows")
    place.forget(str(alone(place)["photo_id"]))
    assert not any(stray.exists() for stray in strays)
    assert list((home / "tiles").glob("*/*.npy"))
