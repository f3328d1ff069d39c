"""The prediction page in a real browser: by upload, by paste, by address."""

import base64

import pytest
from playwright.sync_api import Page, Response, expect

from tests.serving.builders import photo
from tests.web.conftest import Site

PAGES = ("/predict?dataset=colours", "/", "/api/v1/docs")
PASTE = """data => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const clipboard = new DataTransfer();
  clipboard.items.add(new File([bytes], "image.png", { type: "image/png" }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true }));
}"""


def upload(page: Page, name: str, data: bytes) -> None:
    page.locator("#files").set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": data})


def opened(page: Page, site: Site, path: str = PAGES[0]) -> Page:
    page.goto(site.url + path)
    return page


def test_an_uploaded_photo_gets_its_label_bars_credits_and_model(
    page: Page, answering: Site
) -> None:
    upload(opened(page, answering), "<b>one</b>.jpg", photo("green"))
    card = page.locator(".result").first
    expect(card.locator("[data-answer]")).to_have_text("green")
    expect(card.locator("[data-name]")).to_have_text("<b>one</b>.jpg")
    expect(card.locator("[data-bars] tr")).to_have_count(3)
    expect(card.locator("[data-from]")).to_contain_text("model first, trained on release r1")
    expect(card.locator(".near li")).to_have_count(6)
    expect(card.locator(".near li").first).to_contain_text("CC BY 2.0")
    assert card.locator(".seen img").evaluate("image => image.naturalWidth") == 48


def test_a_pasted_photo_is_judged(page: Page, answering: Site) -> None:
    opened(page, answering)
    page.evaluate(PASTE, base64.b64encode(photo("blue", "PNG")).decode())
    expect(page.locator("[data-answer]").first).to_have_text("blue")


def test_what_is_no_photo_is_said_in_its_place(page: Page, answering: Site) -> None:
    upload(opened(page, answering), "page.jpg", b"<script>alert(1)</script>")
    failed = page.get_by_role("alert").filter(has_text="not a picture")
    expect(failed).to_be_visible()


def test_an_address_that_takes_a_key_says_so(page: Page, answering: Site) -> None:
    opened(page, answering)
    expect(page.locator("#address-help")).to_contain_text("FLICKR_API_KEY")
    page.get_by_label("Or the address of a photo").fill("https://www.flickr.com/photos/a/1")
    page.keyboard.press("Enter")
    expect(page.locator(".failed")).to_contain_text("takes a key of the Flickr API")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_weighs_little_without_its_photos(page: Page, answering: Site, path: str) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    opened(page, answering, path).wait_for_load_state("networkidle")
    assert len(answers) >= 3
    assert sum(len(answer.body()) for answer in answers) < 100_000


def test_everything_is_reached_by_keyboard(page: Page, answering: Site) -> None:
    opened(page, answering)
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"dataset", "files", "address", "BUTTON"} <= set(reached)
