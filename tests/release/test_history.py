"""Which releases there are, and which one a person means."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from menagerie.catalog.releases import record_model
from menagerie.errors import CallError, MissingReleaseError
from menagerie.forgetting import Home, forget, subject_of
from menagerie.history import Entry, choose, choose_two, list_releases
from menagerie.learning.listing import list_models
from menagerie.release.current import is_release
from tests.release.conftest import Shelf


def listed(shelf: Shelf) -> list[Entry]:
    return list_releases(shelf.shop.catalog, shelf.dataset)


def ids(shelf: Shelf) -> list[str]:
    return [entry.id for entry in listed(shelf)]


def two(shelf: Shelf, *names: str) -> list[str]:
    earlier, later = [*names, None, None][:2]
    return [p.name for p in choose_two(shelf.shop.catalog, shelf.dataset, earlier, later)]


def test_an_entry_tells_size_samples_and_what_came_of_a_release(shelf: Shelf) -> None:
    shelf.add_model("aaa111", shelf.current)
    (entry,) = listed(shelf)
    files = list((shelf.dataset / "current").iterdir())
    assert entry.bytes == sum(file.stat().st_size for file in files)
    assert entry.train > entry.test > 0
    assert (entry.id, entry.current, entry.models) == (shelf.current, True, ("aaa111",))
    assert entry.note == "photos from sandbox"
    assert abs(entry.created_at - time.time()) < 3600


def test_the_newest_release_comes_first(shelf: Shelf) -> None:
    made = [shelf.current, shelf.publish("Second"), shelf.publish("Third")]
    assert ids(shelf) == made[::-1]
    assert [entry.current for entry in listed(shelf)] == [True, False, False]


def test_a_damaged_release_is_noted(shelf: Shelf) -> None:
    (shelf.dataset / "current/y_test.npy").write_bytes(b"")
    (entry,) = listed(shelf)
    assert (entry.train, entry.test) == (0, 0)
    assert entry.note.startswith("damaged: ")


@contextmanager
def taken_away(folder: Path, after_seconds: float) -> Iterator[None]:
    """Take a folder away in the midst of something, and put it back afterwards."""
    aside = folder.with_name(f".{folder.name}")
    timer = threading.Timer(after_seconds, folder.rename, [aside])
    timer.start()
    try:
        yield
    finally:
        timer.join()
        aside.rename(folder)


def test_what_is_pruned_meanwhile_is_passed_over(shelf: Shelf) -> None:
    shelf.publish("Second")
    first = next(path for path in (shelf.dataset / "releases").iterdir() if is_release(path))
    shelf.add_model("aaa111", first.name)
    listed(shelf)
    began = time.perf_counter()
    assert len(listed(shelf)) == 2
    lasts = time.perf_counter() - began
    for part in range(30):
        with taken_away(first, lasts * part / 30):
            assert not any(entry.is_damaged for entry in listed(shelf))
        with taken_away(shelf.dataset / "models/aaa111", 0.0005 * part / 30):
            list_models(shelf.dataset, {})


def test_a_model_that_was_removed_is_not_listed(shelf: Shelf) -> None:
    record_model(shelf.shop.catalog, "animals", "aaa111", shelf.current, None)
    assert listed(shelf)[0].models == ()
    shelf.add_model("aaa111", "unknown")
    (shelf.dataset / "models/aaa111/model.json").write_text("damaged")
    assert listed(shelf)[0].models == ("aaa111",)


def test_an_id_may_be_abbreviated(shelf: Shelf) -> None:
    assert choose(shelf.dataset, shelf.current[:4]).name == shelf.current
    assert choose(shelf.dataset, "current").name == shelf.current


@pytest.mark.parametrize("name", ["", "zzz", "../releases"])
def test_an_id_that_is_none_is_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(MissingReleaseError, match=shelf.current):
        choose(shelf.dataset, name)


def test_a_beginning_of_several_ids_is_refused(tmp_path: Path) -> None:
    for name in ("abc100000000", "abc200000000"):
        (tmp_path / "releases" / name).mkdir(parents=True)
        (tmp_path / "releases" / name / "checksums.sha256").touch()
    with pytest.raises(CallError, match="abc100000000, abc200000000"):
        choose(tmp_path, "abc")


def test_the_last_two_are_the_current_one_and_the_one_before(shelf: Shelf) -> None:
    first, second, third = shelf.current, shelf.publish("Second"), shelf.publish("Third")
    assert two(shelf) == [second, third]
    assert two(shelf, first) == [first, third]
    assert two(shelf, third, second) == [third, second]


def test_a_release_that_came_back_is_compared_with_what_it_replaced(shelf: Shelf) -> None:
    first, second = shelf.current, shelf.publish("Second")
    assert shelf.publish("Animals") == first
    assert two(shelf) == [second, first]


def test_one_release_cannot_be_compared(shelf: Shelf) -> None:
    with pytest.raises(MissingReleaseError, match="nothing to compare it with"):
        two(shelf)
    shutil.rmtree(shelf.dataset / "releases")
    with pytest.raises(MissingReleaseError, match="no current release"):
        two(shelf)


def test_a_release_keeps_its_place_when_a_photo_of_it_is_forgotten(shelf: Shelf) -> None:
    first, second = shelf.current, shelf.publish("Second")
    shelf.add_model("aaa111", first)
    catalog, settings = shelf.shop.catalog, shelf.shop.settings
    photo = shelf.photos()[0]
    place = Home(catalog, shelf.shop.store, settings.home, settings.datasets)
    done = forget(place, subject_of(catalog, "animals", "sandbox", photo, None), "")
    now = {each.release: each.successor for each in done.releases}
    newest, oldest = listed(shelf)
    assert [newest.id, oldest.id] == [now[second], now[first]]
    assert first in oldest.note
    assert oldest.models == ("aaa111",)
    assert choose(shelf.dataset, first).name == oldest.id
