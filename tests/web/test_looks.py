"""Every kind of page: legible and operable for everybody, light and dark, narrow and wide."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.serving.builders import photo
from tests.web.conftest import Site

WIDTHS = (360, 800, 1600)
REVIEW = "/datasets/animals/review"


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-ready]")


def reason_asked(page: Page) -> None:
    ready(page)
    page.keyboard.press("r")


def keys_shown(page: Page) -> None:
    ready(page)
    page.keyboard.press("?")


def enlarged(page: Page) -> None:
    ready(page)
    page.keyboard.press("Enter")


def all_selected(page: Page) -> None:
    ready(page)
    page.keyboard.press("a")


def answered(page: Page) -> None:
    files = page.locator("#files")
    files.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo("red")})
    expect(page.locator(".near li")).to_have_count(6)
    files.set_input_files({"name": "b.jpg", "mimeType": "image/jpeg", "buffer": b"none"})
    expect(page.locator(".failed")).to_be_visible()


PAGES: dict[str, tuple[str, Callable[[Page], None] | None]] = {
    "datasets": ("/", None),
    "review": (REVIEW, all_selected),
    "reasons": (REVIEW, reason_asked),
    "keys": (REVIEW, keys_shown),
    "large": (REVIEW, enlarged),
    "nothing-left": (f"{REVIEW}?reason=dark", ready),
    "never-judged": ("/datasets/colours/review", ready),
    "near-duplicates": (f"{REVIEW}/groups", ready),
    "two-labels": (f"{REVIEW}?reason=two_labels", ready),
    "thresholds": (f"{REVIEW}/thresholds", ready),
    "predict": ("/predict?dataset=colours", answered),
    "api": ("/api/v1/docs", None),
    "sign-in": ("/sign-in", None),
    "problem": ("/nowhere", None),
}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1600), ("dark", 360)])
def test_no_page_has_what_keeps_somebody_out(
    browser: Browser, answering: Site, tmp_path: Path, scheme: str, width: int
) -> None:
    context = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        has_touch=width == min(WIDTHS),
        viewport={"width": width, "height": 800},
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    for name, (path, prepare) in PAGES.items():
        page.goto(answering.url + path)
        if prepare is not None:
            prepare(page)
        # What lies behind a dialog was looked at before.
        place = "dialog[open]" if page.locator("dialog[open]").count() else None
        found = Axe().run(page, place, {"resultTypes": ["violations"]}).response["violations"]
        assert [(each["id"], each["nodes"][0]["target"]) for each in found] == [], name
        for each_width in WIDTHS:
            page.set_viewport_size({"width": each_width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= each_width, name
            page.screenshot(path=tmp_path / f"{name}-{scheme}-{each_width}.png")
        page.set_viewport_size({"width": width, "height": 800})
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (shade == "rgb(22, 24, 26)") == (scheme == "dark")
    context.close()


def test_only_what_has_a_camera_at_hand_offers_one(browser: Browser, answering: Site) -> None:
    for has_touch in (False, True):
        width = 360 if has_touch else 1600
        context = browser.new_context(has_touch=has_touch, viewport={"width": width, "height": 800})
        page = context.new_page()
        page.goto(f"{answering.url}/predict")
        expect(page.get_by_text("Take a photo")).to_be_visible(visible=has_touch)
        expect(page.locator("#camera")).to_have_attribute("capture", "environment")
        assert page.locator("#camera").evaluate("it => it.checkVisibility()") == has_touch
        context.close()
