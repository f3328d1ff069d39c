"""How far people have come, which photos a release holds, and what decisions did to the model."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import update

from menagerie.catalog.releases import record_model, record_release
from menagerie.catalog.tables import decisions, models, releases
from menagerie.curation.standing import Choice
from menagerie.deciding import Wish, decide
from menagerie.learning.folder import Card
from menagerie.learning.metrics import Metrics
from menagerie.release.current import CHECKSUMS
from tests.web.builders import CLASSES
from tests.web.conftest import Site, served

API = "/api/v1/datasets/animals"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return pages of a dataset with two releases, of times 100 and 200, and a model on each."""
    with served(tmp_path_factory.mktemp("trained"), each=4) as site:
        folder = site.place.folder / "datasets/animals"
        for number, right in ((1, 6), (2, 9)):
            publish(site, folder, f"r{number}", 100 * number, [str(1000 + n) for n in range(3)])
            train(site, folder, f"m{number}", f"r{number}", right)
        for moment, photo in ((50, "1000"), (150, "1001"), (160, "1002"), (250, "1005")):
            decide(site.shop.catalog, site.place.write_recipe(), Wish(Choice.KEEP, photo), "Ann")
            with site.shop.catalog.begin() as connection:
                newest = decisions.c.photo_id == photo
                connection.execute(update(decisions).where(newest).values(decided_at=moment))
        yield site


def publish(site: Site, folder: Path, release: str, moment: int, photos: list[str]) -> None:
    (folder / "releases" / release).mkdir(parents=True)
    table = pa.table({"photo_id": photos})
    pq.write_table(table, folder / "releases" / release / "manifest.parquet")
    (folder / "releases" / release / CHECKSUMS).touch()
    record_release(site.shop.catalog, "animals", release, release)
    with site.shop.catalog.begin() as connection:
        named = releases.c.release_id == release
        connection.execute(update(releases).where(named).values(created_at=moment))


def train(site: Site, folder: Path, model: str, release: str, right: int) -> None:
    place = folder / "models" / model
    place.mkdir(parents=True)
    for name in ("model.keras", "confusion.png", "calibration.png", "report.html", "unsure.html"):
        (place / name).touch()
    Card(model, release, CLASSES, 16, "crop", {"model": "cnn"}, "0" * 64).write(place)
    metrics = Metrics(model, release, CLASSES, ((right, 10 - right, 0), (0, 0, 0), (0, 0, 0)))
    (place / "metrics.json").write_text(json.dumps(metrics.to_json()))
    record_model(site.shop.catalog, "animals", model, release, metrics.accuracy)
    with site.shop.catalog.begin() as connection:
        named = models.c.model_id == model
        connection.execute(update(models).where(named).values(created_at=int(release[1]) * 100))


def test_two_models_are_compared_with_the_decisions_between_their_releases(trained: Site) -> None:
    told = trained.get(f"{API}/progress").json()
    assert (told["decided"], told["left"]) == (4, 3)
    assert told["fresh"] == {"keep": 1}
    step = told["step"]
    assert (step["before"], step["model"]) == ("m1", "m2")
    assert (step["accuracy_before"], step["accuracy"]) == (0.6, 0.9)
    assert step["said"] == {"keep": 2}


def test_what_was_taken_back_waits_for_no_release(trained: Site) -> None:
    recipe = trained.place.write_recipe()
    decide(trained.shop.catalog, recipe, Wish(Choice.KEEP, "1006"), "Ann")
    decide(trained.shop.catalog, recipe, Wish(Choice.WITHDRAW, "1006"), "Ann")
    assert trained.get(f"{API}/progress").json()["fresh"] == {"keep": 1}
    decide(trained.shop.catalog, recipe, Wish(Choice.WITHDRAW, "1000"), "Ann")
    assert trained.get(f"{API}/progress").json()["fresh"] == {"keep": 1, "withdraw": 1}
    decide(trained.shop.catalog, recipe, Wish(Choice.KEEP, "1000"), "Ann")
    assert trained.get(f"{API}/progress").json()["fresh"] == {"keep": 2}


def test_the_photos_of_a_release_are_shown(trained: Site) -> None:
    told = trained.get(f"{API}/queue?release=r2&which=all").json()
    assert {one["photo"] for one in told["photos"]} == {"1000", "1001", "1002"}
    assert trained.get(f"{API}/queue?release=none").status_code == 404
    assert "r1" in trained.get("/datasets/animals/review").text
