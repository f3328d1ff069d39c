"""What stands beside the arrays: credits, card, Croissant; the same for the same release."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from menagerie import __version__
from menagerie.release.card import size_category
from menagerie.release.credits import PER_PAGE, write_credits, write_credits_pages
from menagerie.terms import DRAWN, NOTICE, notice_of
from tests.builders import recipe
from tests.release.builders import sample, write_rows
from tests.release.conftest import Shelf


@pytest.fixture
def current(built: Path) -> Path:
    return (built / "datasets/animals/current").resolve()


_PUBLIC = {"no-known-restrictions", "us-government-work", "public-domain-mark"}


def manifest(release: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(release / "manifest.parquet").to_pylist()
    return rows


def head(release: Path) -> dict[str, Any]:
    """Return the YAML head of a dataset card."""
    _, text, _ = (release / "README.md").read_text("utf-8").split("---\n", 2)
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def test_a_release_that_is_built_again_has_the_same_bytes(shelf: Shelf) -> None:
    before = {file.name: file.read_bytes() for file in (shelf.dataset / "current").iterdir()}
    (shelf.dataset / "current/README.md").unlink()
    shelf.publish()
    after = {file.name: file.read_bytes() for file in (shelf.dataset / "current").iterdir()}
    assert before == after
    assert {"CREDITS.html", "croissant.json", "README.md"} <= set(after)


def test_every_sample_is_credited_on_the_page(current: Path) -> None:
    page = (current / "CREDITS.html").read_text("utf-8")
    for row in manifest(current):
        assert f'href="{row["page_url"]}"' in page
    assert "cropped and resized" in page
    assert NOTICE in page
    assert DRAWN in page


def test_credits_go_on_after_a_thousand_photos(tmp_path: Path) -> None:
    write_rows(tmp_path, [sample(str(n), title=f"photo {n}") for n in range(2500)])
    write_credits_pages(tmp_path, recipe(), {})
    pages = [tmp_path / name for name in ("CREDITS.html", "CREDITS-2.html", "CREDITS-3.html")]
    assert sorted(tmp_path.glob("*.html")) == sorted(pages)
    texts = [page.read_text("utf-8") for page in pages]
    assert [text.count("<tr><td>") for text in texts] == [PER_PAGE, PER_PAGE, 500]
    assert all(f">photo {n}<" in "".join(texts) for n in range(2500))
    assert 'href="CREDITS-3.html"' in texts[0]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://plain.example", ""])
def test_only_safe_addresses_are_linked(tmp_path: Path, address: str) -> None:
    write_rows(
        tmp_path, [sample("1", title="<b>", page_url=address, source="folder", license="odd")]
    )
    write_credits_pages(tmp_path, recipe(), {})
    page = (tmp_path / "CREDITS.html").read_text("utf-8")
    assert "&lt;b&gt;" in page
    assert "href" not in page
    assert NOTICE not in page


@pytest.mark.parametrize(
    ("resize", "said"),
    [
        ("crop", "cropped and resized"),
        ("pad", "resized, with black borders"),
        ("stretch", "resized, with other proportions"),
    ],
)
def test_credits_say_what_was_done_to_the_photos(tmp_path: Path, resize: str, said: str) -> None:
    write_rows(tmp_path, [sample("1")])
    asked = recipe(release={"resize": resize})
    write_credits(tmp_path, asked, {})
    write_credits_pages(tmp_path, asked, {})
    with (tmp_path / "CREDITS.csv").open(encoding="utf-8", newline="") as file:
        assert [row["changes"] for row in csv.DictReader(file)] == [said]
    assert said in (tmp_path / "CREDITS.html").read_text("utf-8")


def test_what_stands_on_a_page_follows_from_the_source() -> None:
    assert notice_of("flickr") == NOTICE
    assert notice_of("sandbox") == f"{NOTICE} {DRAWN}"
    assert [notice_of(kind) for kind in ("folder", "manifest", "idx")] == ["", "", ""]


def test_the_card_begins_with_what_hugging_face_reads(current: Path) -> None:
    found = head(current)
    assert found["task_categories"] == ["image-classification"]
    assert found["size_categories"] == ["n<1K"]
    assert found["pretty_name"] == "Animals"
    released = {row["license"] for row in manifest(current)}
    # Hugging Face knows the second version of few licences.
    ours = {"cc-by-sa-2.0", "cc-by-nd-2.0", "cc-by-nc-nd-2.0", *(_PUBLIC & released)}
    assert set(found["license"]) == {"other" if name in ours else name for name in released}
    assert "language" not in found


@pytest.mark.parametrize(
    ("photos", "category"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (999_999, "100K<n<1M"), (1_000_000, "1M<n<10M")],
)
def test_sizes_as_hugging_face_counts(photos: int, category: str) -> None:
    assert size_category(photos) == category


def test_the_card_tells_seed_version_shares_and_what_nobody_knows(current: Path) -> None:
    card = (current / "README.md").read_text("utf-8")
    rows = manifest(current)
    share = 100 * sum(row["label"] == "crow" for row in rows) / len(rows)
    assert f"Made by menagerie {__version__} with the seed 29." in card
    assert f"| {share:.1f} % |\n" in card
    assert "| year | taken | uploaded |" in card
    assert "Places and cameras.** Not known" in card
    assert NOTICE in card


def test_croissant_names_every_file_with_its_checksum(current: Path) -> None:
    document = json.loads((current / "croissant.json").read_text("utf-8"))
    told = {file["contentUrl"]: file["sha256"] for file in document["distribution"]}
    files = {file.name: file for file in current.iterdir()}
    assert set(files) - set(told) == {"croissant.json", "checksums.sha256"}
    for name, digest in told.items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == digest


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_croissant_is_valid_and_its_tables_can_be_read(current: Path) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(current / "croissant.json"))
    issues = dataset.metadata.issues
    assert not issues.errors
    # A release tells no time, and no id that follows from this very file.
    left_out = ("schema.org/datePublished", "schema.org/version")
    assert all(any(name in warning for name in left_out) for warning in issues.warnings)
    samples = list(dataset.records("samples"))
    rows = manifest(current)
    assert [record["samples/photo_id"].decode() for record in samples] == [
        row["photo_id"] for row in rows
    ]
    assert [record["samples/row"] for record in samples] == [row["row"] for row in rows]
    labels = [record["classes/label"] for record in dataset.records("classes")]
    assert labels == ["monkey", "boar", "crow"]
