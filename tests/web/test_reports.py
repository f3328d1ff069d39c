"""Reports as pages: shown as they were written, and nothing beside them."""

import pytest

from tests.web.conftest import Site

ID = "0123456789ab"


@pytest.mark.parametrize("kind", ["releases", "models"])
def test_a_report_is_shown_and_runs_nothing(site: Site, kind: str) -> None:
    folder = site.shop.settings.dataset_dir("animals") / kind / ID
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<h1>What it came to</h1>")
    answer = site.get(f"/datasets/animals/{kind}/{ID}/report")
    (folder / "report.html").unlink()
    folder.rmdir()
    assert (answer.status_code, answer.text) == (200, "<h1>What it came to</h1>")
    assert answer.headers["Content-Type"].startswith("text/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "script" not in policy


@pytest.mark.parametrize("wanted", ["fedcba987654", "..", "..%2F..", "current", "0123456789AB"])
def test_what_is_no_report_is_not_found(site: Site, wanted: str) -> None:
    assert site.get(f"/datasets/animals/releases/{wanted}/report").status_code == 404
