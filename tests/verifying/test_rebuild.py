"""What was lost of a release is made anew with the same bytes, or nothing is changed."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import delete, update

from menagerie.catalog.tables import photos, releases, tiles
from menagerie.errors import CallError, MissingReleaseError, ReleaseError
from menagerie.forgetting import Home, all_held, forget, subject_of
from menagerie.release.current import CHECKSUMS
from menagerie.release.rebuild import Rebuilt, rebuild
from menagerie.release.sealing import is_whole
from menagerie.release.verifying.files import REQUIRED
from tests.verifying.conftest import Shelf
from tests.verifying.home_plants import bury_a_photo, change_rows, first
from tests.verifying.plants import DAMAGE, Plant, point_current_nowhere, rename_the_release

ARRAYS = ["x_test.npy", "x_train.npy", "y_test.npy", "y_train.npy"]
MENDED = [p for p, _ in DAMAGE if p not in {point_current_nowhere, rename_the_release}]


def bytes_of(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def rebuilt(shelf: Shelf, out: Path | None = None) -> Rebuilt:
    return rebuild(shelf.sources, shelf.dataset, shelf.id, out)


def lose_tiles(shelf: Shelf) -> None:
    shutil.rmtree(shelf.shop.settings.home / "tiles")


def lose_photos(shelf: Shelf) -> None:
    shutil.rmtree(shelf.shop.settings.home / "photos")


@pytest.mark.parametrize("plant", MENDED, ids=lambda plant: plant.__name__)
def test_damage_is_mended(shelf: Shelf, plant: Plant) -> None:
    before = bytes_of(shelf.folder)
    plant(shelf)
    rebuilt(shelf)
    assert bytes_of(shelf.folder) == before
    assert shelf.verify().ok
    assert [p.name for p in shelf.folder.parent.iterdir()] == [shelf.id]


@pytest.mark.parametrize("name", [*REQUIRED, CHECKSUMS])
@pytest.mark.parametrize("checksums", [True, False], ids=["listed", "unlisted"])
def test_any_lost_file_is_made_anew(shelf: Shelf, name: str, checksums: bool) -> None:
    before = bytes_of(shelf.folder)
    (shelf.folder / name).unlink()
    if not checksums:
        (shelf.folder / CHECKSUMS).unlink(missing_ok=True)
    done = rebuilt(shelf)
    assert bytes_of(shelf.folder) == before
    if checksums:
        assert done.built == sorted({name} - {CHECKSUMS})


@pytest.mark.parametrize("lose", [lose_tiles, lose_photos], ids=lambda lose: lose.__name__)
def test_samples_come_from_photos_or_from_tiles(shelf: Shelf, lose: Plant) -> None:
    before = bytes_of(shelf.folder)
    for name in ARRAYS:
        (shelf.folder / name).write_bytes(b"not an array")
    lose(shelf)
    assert rebuilt(shelf).built == ARRAYS
    assert bytes_of(shelf.folder) == before


def test_tiles_that_have_changed_are_not_trusted(shelf: Shelf) -> None:
    before = bytes_of(shelf.folder)
    (shelf.folder / "x_train.npy").unlink()
    blocks = list((shelf.shop.settings.home / "tiles").rglob("*.npy"))
    for block in blocks:
        data = bytearray(block.read_bytes())
        data[200:] = bytes(len(data) - 200)
        block.write_bytes(data)
    rebuilt(shelf)
    assert bytes_of(shelf.folder) == before


def test_a_lost_folder_is_made_from_the_catalog(shelf: Shelf) -> None:
    before = bytes_of(shelf.folder)
    shutil.rmtree(shelf.folder)
    assert rebuilt(shelf).kept == []
    assert bytes_of(shelf.folder) == before


def test_a_lost_folder_is_not_made_from_a_catalog_that_went_on(shelf: Shelf) -> None:
    sample = first(shelf)["photo_id"]
    shutil.rmtree(shelf.folder)
    change_rows(shelf, update(photos).where(photos.c.photo_id == sample).values(title="another"))
    with pytest.raises(ReleaseError, match="nothing was changed"):
        rebuilt(shelf)
    assert list(shelf.folder.parent.iterdir()) == []


def test_an_earlier_release_is_made_though_the_catalog_went_on(shelf: Shelf) -> None:
    before = bytes_of(shelf.folder)
    for name in ARRAYS:
        (shelf.folder / name).unlink()
    change_rows(shelf, update(photos).values(title="another"))
    rebuilt(shelf)
    assert bytes_of(shelf.folder) == before


def test_lost_photos_are_named_and_nothing_is_changed(shelf: Shelf) -> None:
    (shelf.folder / "x_train.npy").unlink()
    before, sample = bytes_of(shelf.folder), first(shelf)
    change_rows(shelf, delete(tiles).where(tiles.c.sha256 == sample["sha256"]))
    shelf.stored(sample["sha256"]).write_bytes(b"another photo")
    with pytest.raises(ReleaseError, match=f"1 photos .* tiles: {sample['photo_id']}\\."):
        rebuilt(shelf)
    assert bytes_of(shelf.folder) == before
    assert [p.name for p in shelf.folder.parent.iterdir()] == [shelf.id]


def test_a_photo_that_was_to_be_forgotten_does_not_come_back(shelf: Shelf) -> None:
    (shelf.folder / "x_train.npy").unlink()
    bury_a_photo(shelf)
    with pytest.raises(ReleaseError, match="forgotten"):
        rebuilt(shelf)


def test_a_release_that_was_withdrawn_is_not_made_anew(shelf: Shelf) -> None:
    old, shop = shelf.id, shelf.shop
    subject = subject_of(shop.catalog, "animals", "sandbox", first(shelf)["photo_id"], None)
    place = Home(shop.catalog, shop.store, shop.settings.home, shop.settings.datasets)
    with all_held(shop.settings.home, shop.settings.datasets):
        forget(place, subject, "")
    with pytest.raises(MissingReleaseError, match="withdrawn"):
        rebuild(shelf.sources, shelf.dataset, old)
    (shelf.folder / "x_train.npy").unlink()
    rebuilt(shelf)
    assert is_whole(shelf.folder)


def test_samples_of_another_decoder_are_not_cut_by_this_one(shelf: Shelf) -> None:
    path = shelf.folder / "manifest.parquet"
    table = pq.read_table(path)
    told = {**table.schema.metadata, b"menagerie.decoder": b"slow-1"}
    pq.write_table(table.replace_schema_metadata(told), path)
    shelf.reseal()
    (shelf.folder / "x_test.npy").unlink()
    with pytest.raises(ReleaseError, match="'slow-1', and this version has"):
        rebuilt(shelf)


def test_a_release_is_made_in_another_folder_and_its_own_stays(
    shelf: Shelf, tmp_path: Path
) -> None:
    before = bytes_of(shelf.folder)
    (shelf.folder / "x_test.npy").unlink()
    damaged = bytes_of(shelf.folder)
    out = tmp_path / "new/place"
    rebuilt(shelf, out)
    assert bytes_of(out) == before
    assert bytes_of(shelf.folder) == damaged
    assert (out / "x_train.npy").stat().st_nlink == 1
    with pytest.raises(CallError, match="there already"):
        rebuilt(shelf, out)


def test_a_release_nobody_knows_is_refused(shelf: Shelf) -> None:
    change_rows(shelf, delete(releases))
    with pytest.raises(MissingReleaseError, match="no release '0123456789ab'"):
        rebuild(shelf.sources, shelf.dataset, "0123456789ab")


def test_the_command_tells_what_it_made(shelf: Shelf) -> None:
    (shelf.folder / "x_test.npy").unlink()
    command = [sys.executable, "-m", "menagerie", "rebuild", "animals", shelf.id, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["release"], told["built"]) == (shelf.id, ["x_test.npy"])
