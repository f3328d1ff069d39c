import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from menagerie.learning.breakdown import Part
from menagerie.learning.calibration import Calibration
from menagerie.learning.comparison import Comparison
from menagerie.learning.metrics import Metrics
from menagerie.learning.plots import draw_confusion, draw_reliability
from menagerie.learning.reliability import Reliability
from menagerie.learning.report import Example, Findings, write_reports
from menagerie.learning.samples import open_release
from tests.learning.builders import LABELS, release

CONFUSION = ((9, 1, 0), (1, 9, 0), (0, 0, 10))
FIGURES = {
    "ece": 0.1234, "ece_scaled": 0.0456, "temperature": 1.5, "threshold": 0.5,
    "answered": 0.9, "accuracy_answered": 0.96,
}  # fmt: skip


OWNERS = (Part("Ann <i>(1@N01)</i>", 5, 3),)


def page(
    dataset: Path, folder: Path, name: str = "report.html", owners: Sequence[Part] = OWNERS
) -> str:
    """Write the pages of a model with two mistakes, in rows 3 and 4 of the test split."""
    (model,) = (dataset / "models").iterdir()
    tiles = open_release(folder).samples("test").tiles(slice(3, 5))
    mistakes = [
        Example(3, "red", "green", 0.99, tiles[0]),
        Example(4, "green", "red", 0.6, tiles[1]),
    ]
    draw_confusion(CONFUSION, LABELS, model / "confusion.png")
    draw_reliability({"as it comes": Reliability()}, model / "calibration.png")
    licenses = {"cc-by-4.0": {"samples": 4, "accuracy": 0.75, "interval": [0.3, 0.95]}}
    metrics = Metrics(
        *(model.name, folder.name, LABELS, CONFUSION),
        top_k={"2": 0.966},
        calibration=FIGURES,
        per_license=licenses,
    )
    calibration = Calibration(1.5, 0.5, 0.05, folder.name, 30)
    found = Findings(metrics, calibration, list(owners), mistakes, mistakes[:1])
    write_reports(model, open_release(folder), found)
    return (model / name).read_text()


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
    sources = re.findall(r'src="([^"]{,30})', text)
    assert len(sources) == 5  # curves, confusion, calibration, two mistakes
    assert all(source.startswith("data:image/") for source in sources)
    assert set(re.findall(r'href="([^"]*)', text)) == {"unsure.html"}


def test_a_report_states_the_accuracy_its_interval_and_flickrs_sentence(
    dataset: Path, colours: Path
) -> None:
    text = " ".join(page(dataset, colours).split())
    assert "93.3&nbsp;%" in text
    assert "28 of 30 photos; 95 % interval 78.7 to 98.2&nbsp;% (Wilson)" in text
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


def test_the_least_sure_stand_on_a_page_of_their_own(dataset: Path, credited: Path) -> None:
    text = page(dataset, credited, "unsure.html")
    assert len(re.findall(r'src="data:image/', text)) == 1
    assert "by &lt;b&gt;Ann&lt;/b&gt;, cc-by-4.0" in text
    assert set(re.findall(r'href="([^"]*)', text)) == {
        "report.html", "https://www.flickr.com/photos/ann/1",
    }  # fmt: skip


def test_a_report_tells_owners_licences_and_calibration(dataset: Path, colours: Path) -> None:
    text = " ".join(page(dataset, colours).split())
    assert (
        "<td>Ann &lt;i&gt;(1@N01)&lt;/i&gt;</td><td>5</td><td>2</td> <td>60.0&nbsp;%</td>" in text
    )
    assert "<td>cc-by-4.0</td><td>4</td><td>1</td> <td>75.0&nbsp;%</td>" in text
    assert "<dt>after scaling</dt><dd>0.046</dd>" in text
    assert "Against the champion" not in text
    assert "come from photos of other owners." in text
    assert "come from other photos." in " ".join(page(dataset, colours, owners=()).split())


def test_a_report_shows_how_the_model_did_against_the_champion(
    dataset: Path, colours: Path
) -> None:
    (model,) = (dataset / "models").iterdir()
    Comparison(model.name, "0123456789ab", colours.name, 20, 4, 5, 1).write(model)
    text = " ".join(page(dataset, colours).split())
    assert "on 30 test photos that neither was trained on: 80.0&nbsp;% against 83.3&nbsp;%" in text
    assert "<td>This model wrong</td><td>5</td><td>1</td>" in text


def test_a_page_about_photos_of_a_folder_says_nothing_of_flickr(
    dataset: Path, tmp_path: Path
) -> None:
    folder = release(tmp_path, name="r3")
    columns = {"split": ["test"], "row": [3], "source": ["folder"]}
    pyarrow.parquet.write_table(pa.table(columns), folder / "manifest.parquet")
    assert "Flickr" not in page(dataset, folder)
