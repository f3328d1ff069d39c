"""The first page: where datasets stand, what runs, and the button that makes one new."""

import http.server
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.photos.hosts import Handler
from tests.serving.builders import dataset
from tests.web.builders import HARM
from tests.web.conftest import Site, served

RUN = {
    "id": "2f0c",
    "name": HARM,
    "state_name": "Running",
    "tags": ["menagerie", "dataset:animals"],
    "start_time": "2026-11-22T03:00:00Z",
}
DEPLOYED = "/api/deployments/name/refresh/animals"


class PrefectStandIn(http.server.ThreadingHTTPServer):
    """Answers the calls of Prefect's API that the pages make, and notes them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[str] = []


class _Answers(Handler):
    def do_GET(self) -> None:
        self._send({"id": "d1"} if self.path == DEPLOYED else None)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        known = {"/api/flow_runs/filter": [RUN], "/api/deployments/d1/create_flow_run": RUN}
        self._send(known.get(self.path))

    def _send(self, document: object) -> None:
        assert isinstance(self.server, PrefectStandIn)
        self.server.asked.append(self.path)
        body = json.dumps(document).encode()
        self.send_response(404 if document is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def prefect_stand_in() -> Iterator[PrefectStandIn]:
    import threading

    with PrefectStandIn() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def overseen(
    tmp_path_factory: pytest.TempPathFactory, prefect_stand_in: PrefectStandIn
) -> Iterator[Site]:
    """Return pages that know a Prefect server."""
    with pytest.MonkeyPatch.context() as patch:
        port = prefect_stand_in.server_port
        patch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{port}/api")
        with served(tmp_path_factory.mktemp("overseen"), each=2) as opened:
            opened.place.write_recipe("lonely")
            yield opened


def test_the_first_page_tells_of_every_dataset(answering: Site) -> None:
    shown = answering.get("/").text
    assert "<dt>photos found</dt><dd>6</dd>" in shown
    assert "Nothing was collected yet" in shown
    assert "/datasets/animals/review" in shown
    assert "/predict?dataset=colours" in shown


def test_a_recipe_that_cannot_be_read_hides_no_other_dataset(tmp_path: Path) -> None:
    with served(tmp_path, each=1) as opened:
        broken = opened.place.folder / "datasets" / "broken"
        broken.mkdir()
        (broken / "recipe.toml").write_text("[dataset")
        shown = opened.get("/").text
        assert "<strong>broken</strong> cannot be shown" in shown
        assert "/datasets/animals/review" in shown
        dataset(opened.place.folder / "datasets", "animals")
        listed = opened.get("/api/v1/datasets/animals/releases").json()["releases"]
        assert [(entry["id"], entry["train"], entry["test"]) for entry in listed] == [("r1", 30, 6)]
        (model,) = opened.get("/api/v1/datasets/animals/models").json()["models"]
        assert (model["id"], model["champion"], model["release"]) == ("first", True, "r1")


def test_a_damaged_manifest_hides_nothing_but_what_it_would_tell(tmp_path: Path) -> None:
    with served(tmp_path, each=1) as opened:
        folder = dataset(opened.place.folder / "datasets", "animals")
        (folder / "current").symlink_to("releases/r1")
        (folder / "releases/r1/checksums.sha256").touch()
        (folder / "releases" / "r1" / "manifest.parquet").write_bytes(b"no table")
        assert "menagerie verify animals" in opened.get("/").text
        refused = opened.get("/datasets/animals/review?release=r1")
        assert refused.status_code == 503
        assert "manifest of that release cannot be read" in refused.text


def test_funnel_and_list_agree(answering: Site) -> None:
    found = answering.get("/api/v1/datasets/animals/funnel").json()
    assert found["found"] == sum(found["states"].values()) == sum(found["reasons"].values()) == 6
    listed = answering.get("/api/v1/datasets").json()["datasets"]
    assert [(entry["name"], entry["model"]) for entry in listed] == [
        ("animals", None),
        ("colours", "first"),
    ]
    assert answering.get("/api/v1/datasets/nothing").status_code == 404


def test_runs_are_shown_with_a_link_and_a_refresh_is_asked_for(
    page: Page, overseen: Site, prefect_stand_in: PrefectStandIn
) -> None:
    page.goto(overseen.url)
    link = page.locator("[data-list] a")
    expect(link).to_have_text(HARM)
    port = prefect_stand_in.server_port
    expect(link).to_have_attribute("href", f"http://127.0.0.1:{port}/runs/flow-run/2f0c")
    page.get_by_role("button", name="Refresh animals").click()
    expect(page.locator('[data-told="animals"]')).to_contain_text("was asked for")
    assert "/api/deployments/d1/create_flow_run" in prefect_stand_in.asked
    page.get_by_role("button", name="Refresh lonely").click()
    expect(page.locator('[data-told="lonely"]')).to_contain_text("no deployment refresh/lonely")


def test_without_a_server_nothing_can_be_refreshed(answering: Site) -> None:
    assert "data-refresh" not in answering.get("/").text
    answer = answering.post("/api/v1/datasets/animals/refresh")
    assert answer.status_code == 409
    assert "PREFECT_API_URL" in answer.json()["detail"]
