"""One dataset, one server and one browser for all tests of the pages."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from menagerie.web.access import Access
from menagerie.web.app import create_app
from menagerie.web.server import running
from menagerie.workshop import Workshop, open_workshop
from tests.processes import wait_until
from tests.serving.builders import dataset
from tests.web.builders import Place, fill

CHROMIUM = "/usr/bin/chromium"


@dataclass(frozen=True)
class Site:
    """Pages that are served, the workshop behind them, and where both stand."""

    url: str
    shop: Workshop
    place: Place

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=60, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return requests.post(self.url + path, timeout=60, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        return requests.put(self.url + path, timeout=60, **options)


@contextmanager
def served(folder: Path, access: Access | None = None, each: int = 30) -> Iterator[Site]:
    """Serve the pages of a dataset that is made in a folder."""
    place = Place(folder)
    before = {name: os.environ.get(name) for name in place.env}
    os.environ.update(place.env)
    try:
        with open_workshop() as shop:
            fill(shop, place.write_recipe(), each)
            with running(create_app(shop, access)) as url:
                yield Site(url, shop, place)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return pages that all tests look at; a test that decides takes photos of its own."""
    with served(tmp_path_factory.mktemp("site")) as opened:
        yield opened


# Not for the session: as long as it is open an event loop runs in this thread, where tests of other
# modules run theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"needs a browser, {CHROMIUM}, which is not there")
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a window of its own, with nothing kept; a script that fails fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert faults == []


@pytest.fixture(scope="session")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return pages with a dataset whose model goes by colour, and one without a model."""
    with served(tmp_path_factory.mktemp("answering"), each=2) as opened:
        opened.place.write_recipe("colours")
        dataset(opened.place.folder / "datasets", "colours", sha256=stored(opened))
        wait_until(lambda: opened.get("/readyz").status_code == 200)
        yield opened


def stored(site: Site) -> list[str]:
    """Return hashes of photos in the store, as many as the release of colours has samples."""
    found = sorted(
        path.name for path in site.shop.settings.home.glob("photos/**/*") if path.is_file()
    )
    return [found[row % len(found)] for row in range(30)]
