"""Other doors than Flickr's key, through the command and its flows, up to the release."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.faults import parse_faults
from menagerie.sandbox.server import running
from tests.catalogs import ask
from tests.flows.conftest import Workplace
from tests.sources.builders import put_photos

RELEASE = """
[release]
image_size_px = 16
min_per_class = 5

[curation]
min_sharpness = 0.0
"""

KEYLESS = {"FLICKR_API_KEY": "", "MENAGERIE_FLICKR_URL": "http://127.0.0.1:9/"}


@pytest.fixture
def keyless(workplace: Workplace) -> Workplace:
    """A workplace without a key for Flickr, and with an address where nobody answers."""
    workplace.env = KEYLESS
    return workplace


def rewrite(workplace: Workplace, source: str) -> None:
    """Replace all but the classes of the recipe."""
    path = workplace.dataset / "recipe.toml"
    head = path.read_text()[: path.read_text().index("[source]")]
    path.write_text(f"{head}[source]\n{source}\n{RELEASE}")


def manifest(workplace: Workplace) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(
        workplace.dataset / "current/manifest.parquet"
    ).to_pylist()
    return rows


def refresh(workplace: Workplace) -> str:
    done = workplace.run("refresh", "animals", "--skip-training")
    assert done.returncode == 0, done.stderr
    return workplace.release_id


def put_split(folder: Path) -> None:
    for place, label in enumerate(("monkey", "boar", "crow")):
        put_photos(folder / "train" / label, 8, seed=100 * place)
        put_photos(folder / "test" / label, 3, seed=100 * place + 50)


@pytest.fixture(scope="module")
def foldered(tmp_path_factory: pytest.TempPathFactory, sandbox_url: str, prefect: str) -> Workplace:
    """A release of a folder that is split already; not to be changed."""
    made = Workplace(tmp_path_factory.mktemp("foldered"), sandbox_url, KEYLESS)
    made.write_recipe()
    folder = made.folder / "photos"
    put_split(folder)
    twin = folder / "train/crow/twin.jpg"
    twin.write_bytes((folder / "test/crow/000.jpg").read_bytes())
    (folder / "train/crow/broken.jpg").write_bytes(b"no picture")
    rewrite(made, 'kind = "folder"\npath = "photos"\nlicense = "cc0-1.0"')
    refresh(made)
    return made


def test_a_folder_with_a_given_split_becomes_a_release_with_that_split(
    foldered: Workplace,
) -> None:
    rows = manifest(foldered)
    assert {row["split"] for row in rows} == {"train", "test"}
    assert all(str(row["photo_id"]).startswith(str(row["split"])) for row in rows)
    assert len(rows) == 33
    rejected = pq.read_table(foldered.dataset / "current/rejected.parquet").to_pylist()
    assert {(row["photo_id"], row["reason"]) for row in rejected} == {
        ("train/crow/twin.jpg", "duplicate"),
        ("train/crow/broken.jpg", "broken"),
    }


def test_the_card_of_a_folder_does_not_speak_of_flickr(foldered: Workplace) -> None:
    for name in ("README.md", "report.html", "CREDITS.csv"):
        text = (foldered.dataset / "current" / name).read_text("utf-8")
        assert "flickr" not in text.casefold(), name
        assert "Public Domain Dedication (CC0)" in text
    assert 'href=""' not in (foldered.dataset / "current/report.html").read_text("utf-8")


def test_a_photo_that_leaves_the_folder_leaves_the_next_release(
    foldered: Workplace, keyless: Workplace
) -> None:
    foldered.copy_to(keyless.folder)
    assert refresh(keyless) == foldered.release_id
    (keyless.folder / "photos/train/boar/003.jpg").unlink()
    refresh(keyless)
    ids = {row["photo_id"] for row in manifest(keyless)}
    assert len(ids) == 32
    assert "train/boar/003.jpg" not in ids


@pytest.fixture
def openverse_url() -> Iterator[str]:
    limits = "openverse-minute=100000,openverse-day=100000"
    with running(drawn_universe(60), parse_faults(limits)) as url:
        yield url


def test_openverse_needs_no_key_and_makes_a_release(keyless: Workplace, openverse_url: str) -> None:
    keyless.env["MENAGERIE_OPENVERSE_URL"] = f"{openverse_url}/v1/?universe=drawn60x7"
    keyless.env["MENAGERIE_PHOTO_HOSTS"] = openverse_url.removeprefix("http://")
    rewrite(keyless, 'kind = "openverse"')
    first = refresh(keyless)
    rows = manifest(keyless)
    assert len(rows) > 60
    assert {row["source"] for row in rows} == {"sandbox"}
    assert all(row["owner"] and row["page_url"] for row in rows)
    sources = ask(keyless.settings, "SELECT DISTINCT source FROM photos")
    assert sources == [("sandbox-drawn60x7",)]
    assert refresh(keyless) == first


def test_a_used_up_day_ends_with_a_sentence_and_what_was_found_is_kept(
    keyless: Workplace,
) -> None:
    with running(drawn_universe(60), parse_faults("openverse-day=5")) as url:
        keyless.env["MENAGERIE_OPENVERSE_URL"] = f"{url}/v1/"
        keyless.env["MENAGERIE_PHOTO_HOSTS"] = url.removeprefix("http://")
        rewrite(keyless, 'kind = "openverse"')
        done = keyless.run("refresh", "animals", "--skip-training")
    assert done.returncode == 1
    assert "admits no more calls without an account until" in done.stderr
    status = json.loads(keyless.run("status", "animals", "--json").stdout)
    assert status["found"] > 50


def test_init_writes_a_recipe_that_can_be_refreshed(keyless: Workplace) -> None:
    put_split(keyless.folder / "datasets/photos")
    done = keyless.run(
        "init", "mine", "--kind", "folder", "--path", "datasets/photos",
        "--keyword", "monkey", "--keyword", "crow",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "menagerie refresh mine" in done.stdout
    done = keyless.run("collect", "mine")
    assert done.returncode == 0, done.stderr
    again = keyless.run("init", "mine", "--keyword", "a", "--keyword", "b")
    assert (again.returncode, again.stdout) == (2, "")
    assert "is there already" in again.stderr
