import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from menagerie.learning.metrics import Metrics
from menagerie.learning.plots import draw_confusion
from menagerie.learning.report import Mistake, write_report
from menagerie.learning.samples import open_release
from tests.learning.builders import LABELS, release

CONFUSION = ((9, 1, 0), (1, 9, 0), (0, 0, 10))


def page(dataset: Path, folder: Path) -> str:
    """Write the report of a model with two mistakes, in rows 3 and 4 of the test split."""
    (model,) = (dataset / "models").iterdir()
    tiles = open_release(folder).samples("test").tiles(slice(3, 5))
    mistakes = [
        Mistake(3, "red", "green", 0.99, tiles[0]),
        Mistake(4, "green", "red", 0.6, tiles[1]),
    ]
    draw_confusion(CONFUSION, LABELS, model / "confusion.png")
    metrics = Metrics(model.name, folder.name, LABELS, CONFUSION)
    write_report(model, open_release(folder), metrics, mistakes)
    return (model / "report.html").read_text()


@pytest.fixture
def credited(tmp_path: Path) -> Path:
    """A release whose manifest credits two test photos and one of the train split."""
    folder = release(tmp_path, name="r2")
    photo = "https://www.flickr.com/photos/ann/1"
    columns = {
        "split": ["test", "test", "train"],
        "row": [3, 4, 3],
        "owner": ["1@N01", "2@N01", "3@N01"],
        "owner_name": ["<b>Ann</b>", None, "Trainer"],
        "license": ["cc-by-4.0", "cc-by-sa-2.0", "cc-by-4.0"],
        "page_url": [photo, "javascript:alert(1)", photo],
    }
    pyarrow.parquet.write_table(pa.table(columns), folder / "manifest.parquet")
    return folder


def test_a_report_loads_nothing_from_afar(dataset: Path, colours: Path) -> None:
    text = page(dataset, colours)
    sources = re.findall(r'(?:src|href)="([^"]{,30})', text)
    assert len(sources) == 4  # curves, confusion, two mistakes
    assert all(source.startswith("data:image/") for source in sources)


def test_a_report_states_the_accuracy_its_interval_and_flickrs_sentence(
    dataset: Path, colours: Path
) -> None:
    text = " ".join(page(dataset, colours).split())
    assert "93.3 %" in text
    assert "28 of 30 photos; 95 % interval 78.7 to 98.2 % (Wilson)" in text
    assert "uses the Flickr API but is not endorsed or certified by SmugMug, Inc." in text


def test_mistakes_are_credited_and_nothing_of_a_photo_is_taken_for_html(
    dataset: Path, credited: Path
) -> None:
    text = page(dataset, credited)
    assert '<a href="https://www.flickr.com/photos/ann/1"' in text
    assert "by &lt;b&gt;Ann&lt;/b&gt;, cc-by-4.0" in text
    assert "by 2@N01, cc-by-sa-2.0" in text
    assert "javascript:" not in text
    assert "Trainer" not in text
