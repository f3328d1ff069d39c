"""A folder of photos: classes by sub-folder, the given split, copies and never moves."""

import os
from pathlib import Path

import pytest

from menagerie.curation.reasons import Reason
from menagerie.curation.verdicts import judge_dataset
from menagerie.errors import EmptySearchError, InputError
from menagerie.sources.layout import find_layout, readable
from menagerie.workshop import open_workshop
from tests.sources.builders import ANIMALS, asked, collect, counts, put_photos, rows

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for place, label in enumerate(ANIMALS):
        put_photos(folder / label, 3, seed=100 * place)
    return folder


def test_each_sub_folder_is_a_class_and_nothing_is_moved(photos: Path) -> None:
    before = sorted(p for p in photos.rglob("*") if p.is_file())
    assert collect(asked("folder", photos)) == 9
    assert sorted(p for p in photos.rglob("*") if p.is_file()) == before
    found = rows("SELECT source, photo_id, owner, license FROM photos ORDER BY photo_id LIMIT 1")
    assert found == [("folder-animals", "boar/000.jpg", "", "unknown")]


def test_a_second_run_copies_nothing_and_a_new_photo_is_one_copy(photos: Path) -> None:
    of = asked("folder", photos)
    collect(of)
    assert collect(of) == 0
    put_photos(photos / "crow", 4, seed=200)
    assert collect(of) == 1


def test_a_photo_that_was_taken_away_is_gone_and_comes_back(photos: Path) -> None:
    of = asked("folder", photos)
    collect(of)
    away = photos / "crow/001.jpg"
    away.rename(photos / "kept")
    collect(of)
    assert rows("SELECT photo_id FROM photos WHERE gone_at IS NOT NULL") == [("crow/001.jpg",)]
    (photos / "kept").rename(away)
    collect(of)
    assert rows("SELECT photo_id FROM photos WHERE gone_at IS NOT NULL") == []


@pytest.mark.parametrize("held_out", ["test", "validation", "val"])
def test_a_given_split_is_kept(tmp_path: Path, held_out: str) -> None:
    for label in ANIMALS:
        put_photos(tmp_path / "photos/train" / label, 2)
        put_photos(tmp_path / "photos" / held_out / label, 1, seed=9)
    collect(asked("folder", tmp_path / "photos"))
    sides = rows("SELECT given_side, count(*) FROM sightings GROUP BY 1 ORDER BY 1")
    assert sides == [("test", 3), ("train", 6)]


def test_hidden_files_are_passed_over_and_whatever_else_is_no_photo_is_counted(
    photos: Path,
) -> None:
    (photos / "crow/.DS_Store").write_bytes(b"x")
    (photos / ".git").mkdir()
    (photos / "crow/notes.txt").write_text("a murder of crows")
    (photos / "crow/deep/er").mkdir(parents=True)
    put_photos(photos / "crow/deep/er", 1, seed=77)
    assert collect(asked("folder", photos)) == 11


def test_a_file_that_cannot_be_read_or_is_none_is_a_rejection(photos: Path) -> None:
    os.mkfifo(photos / "crow/pipe.jpg")
    (photos / "crow/nowhere.jpg").symlink_to(photos / "absent.jpg")
    of = asked("folder", photos)
    with open_workshop() as shop:
        plan = shop.source(of).plan(of, "crow", "crow")
    assert plan.downloads == plan.estimated
    assert collect(of) == 9
    faults = rows("SELECT fault, count(*) FROM files WHERE fault IS NOT NULL GROUP BY 1 ORDER BY 1")
    assert faults == [("gone", 1), ("refused", 1)]


def test_names_need_not_be_utf_8(photos: Path) -> None:
    name = os.fsdecode(b"cr\xf6w\n.jpg")
    (photos / "crow/000.jpg").rename(photos / "crow" / name)
    assert collect(asked("folder", photos)) == 9
    assert rows("SELECT photo_id FROM photos WHERE substr(photo_id, 1, 7) = 'crow/cr'") == [
        (r"crow/cr\xf6w\n.jpg",)
    ]


def test_without_a_licence_that_permits_the_uses_every_photo_is_rejected(photos: Path) -> None:
    of = asked("folder", photos, uses=("train",))
    assert collect(of) == 0
    assert counts(of) == {Reason.AWAITING_DOWNLOAD: 9}
    assert collect(asked("folder", photos, uses=("train",), license="cc-by-4.0")) == 9


def test_fewer_may_be_wanted_from_both_sides(tmp_path: Path) -> None:
    for label in ANIMALS:
        put_photos(tmp_path / "photos/train" / label, 5)
        put_photos(tmp_path / "photos/test" / label, 5, seed=50)
    collect(asked("folder", tmp_path / "photos", photos_per_keyword=4))
    assert rows("SELECT DISTINCT count(*) FROM sightings GROUP BY label, given_side") == [(2,)]


def test_a_class_without_a_sub_folder_is_refused_with_those_that_there_are(photos: Path) -> None:
    (photos / "crow").rename(photos / "raven")
    with pytest.raises(EmptySearchError, match=r"'crow'.*sub-folders: boar, monkey, raven"):
        collect(asked("folder", photos))
    assert rows("SELECT count(*) FROM photos") == [(0,)]


def test_a_class_that_one_side_lacks_is_refused(tmp_path: Path) -> None:
    for label in ANIMALS:
        put_photos(tmp_path / "photos/train" / label, 1)
    put_photos(tmp_path / "photos/test/monkey", 1)
    with pytest.raises(EmptySearchError, match=r"test has no photos in a sub-folder 'boar'"):
        collect(asked("folder", tmp_path / "photos"))


@pytest.mark.parametrize("path", ["absent", "empty", "file"])
def test_a_folder_without_classes_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"sub-folder"):
        collect(asked("folder", tmp_path / path))


def test_a_keyword_is_no_path_that_leads_elsewhere(photos: Path) -> None:
    with pytest.raises(EmptySearchError, match="no photos in a sub-folder"):
        find_layout(photos).refuse_absent("crow", "../photos/crow")


def test_very_long_addresses_are_told_apart() -> None:
    first, second = (readable(f"{'a' * 300}{end}.jpg") for end in "bc")
    assert len(first) == len(second) == 200
    assert first[:16] != second[:16]


def test_flickrs_picture_of_an_unavailable_photo_is_a_placeholder(
    photos: Path, shared: Path
) -> None:
    stand_in = (shared / "photos/odd/unavailable-placeholder.jpg").read_bytes()
    (photos / "crow" / "unavailable.jpg").write_bytes(stand_in)
    of = asked("folder", photos)
    collect(of)
    with open_workshop() as shop:
        judge_dataset(shop.catalog, of)
    assert counts(of)[Reason.PLACEHOLDER] == 1
