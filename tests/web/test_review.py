"""Reviewing in a real browser: by keys, at once, kept, and never over somebody else's word."""

from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, Response, expect
from sqlalchemy import select, update

from menagerie.catalog.decisions import Decision, decisions_in
from menagerie.catalog.tables import decisions, files, tickets
from menagerie.terms import NOTICE
from tests.web.builders import CLASSES
from tests.web.conftest import Site

REVIEW = "/datasets/animals/review"
SAVED = "All decisions are saved."


@pytest.fixture
def fresh(site: Site) -> Site:
    """Return the pages with nothing decided yet."""
    with site.shop.catalog.begin() as connection:
        connection.execute(tickets.delete())
        connection.execute(decisions.delete())
    return site


def made(site: Site) -> list[Decision]:
    return decisions_in(site.shop.catalog, "animals", "flickr", CLASSES)


def open_review(page: Page, site: Site, query: str = "") -> None:
    answer = page.goto(f"{site.url}{REVIEW}{query}")
    assert answer is not None
    assert answer.ok, answer.text()
    page.wait_for_selector("html[data-ready]")


def wait_until_saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text(SAVED)


def photos(page: Page) -> list[str]:
    shown = page.eval_on_selector_all(".card", "cards => cards.map(card => card.dataset.photo)")
    return [str(photo) for photo in shown]


def current(page: Page) -> str | None:
    return page.evaluate("document.activeElement.dataset.photo ?? null")  # type: ignore[no-any-return]


def test_thirty_photos_are_reviewed_by_keys_alone(fresh: Site, page: Page) -> None:
    open_review(page, fresh)
    first = photos(page)
    assert len(first) == 30
    for place in range(30):
        page.keyboard.press("k" if place % 2 else "2")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#cards').dataset.start === '30'")
    wait_until_saved(page)
    assert not set(photos(page)) & set(first)
    assert Counter(one.choice for one in made(fresh)) == {"keep": 15, "label": 15}
    assert [one.photo_id for one in made(fresh)] == first


def test_a_rejection_has_its_reason(fresh: Site, page: Page) -> None:
    open_review(page, fresh)
    page.keyboard.press("r")
    page.keyboard.press("2")
    page.keyboard.press("r")
    page.keyboard.press("r")
    page.keyboard.press("r")
    page.get_by_label("Or in your own words").fill("a mask")
    page.keyboard.press("Enter")
    wait_until_saved(page)
    assert [one.note for one in made(fresh)] == ["drawing, toy or statue", "", "a mask"]
    assert {one.choice for one in made(fresh)} == {"reject"}


def test_undo_makes_hold_again_what_held_before(fresh: Site, page: Page) -> None:
    open_review(page, fresh, "?label=monkey")
    card = page.locator(".card").first
    for key in ("k", "ArrowLeft", "3", "z"):
        page.keyboard.press(key)
    wait_until_saved(page)
    expect(card).to_have_attribute("data-state", "keep")
    page.keyboard.press("z")
    wait_until_saved(page)
    open_review(page, fresh, "?label=monkey")
    expect(page.locator(".card").first).to_have_attribute("data-state", "")
    assert [one.choice for one in made(fresh)] == ["keep", "label", "withdraw", "keep", "withdraw"]


def test_what_was_decided_is_there_after_loading_again(fresh: Site, page: Page) -> None:
    open_review(page, fresh)
    first, second, *_ = photos(page)
    page.keyboard.press("3")
    page.keyboard.press("k")
    wait_until_saved(page)
    open_review(page, fresh)
    assert not {first, second} & set(photos(page))
    open_review(page, fresh, "?which=decided")
    verdict = page.locator(f".card[data-photo='{first}'] .verdict")
    expect(verdict).to_contain_text("Labelled crow")


def test_many_are_selected_and_decided_at_once(fresh: Site, page: Page) -> None:
    open_review(page, fresh)
    page.keyboard.press("a")
    expect(page.locator("#selected")).to_have_text("30 selected")
    page.locator("#toolbar").get_by_label("Label the selected photos").select_option("boar")
    wait_until_saved(page)
    assert len(made(fresh)) == 30
    page.get_by_role("button", name="Undo").click()
    wait_until_saved(page)
    open_review(page, fresh)
    assert len(photos(page)) == 30
    assert page.locator(".card:not([data-state=''])").count() == 0


def test_arrows_go_from_photo_to_photo(fresh: Site, page: Page) -> None:
    open_review(page, fresh)
    shown = photos(page)
    columns = page.evaluate("getComputedStyle(cards).gridTemplateColumns.split(' ').length")
    for key, place in (("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowUp", 1), ("End", 29)):
        page.keyboard.press(key)
        assert current(page) == shown[place]


def test_two_people_do_not_undo_each_other(fresh: Site, browser: Browser) -> None:
    windows = [browser.new_context() for _ in range(2)]
    ann, bob = (window.new_page() for window in windows)
    for page, name in ((ann, "Ann"), (bob, "Bob")):
        open_review(page, fresh)
        page.evaluate(f"localStorage.setItem('menagerie:who', '{name}')")
    ann.keyboard.press("k")
    wait_until_saved(ann)
    bob.keyboard.press("3")
    verdict = bob.locator(".card .verdict").first
    expect(verdict).to_contain_text("Ann decided meanwhile: Kept")
    assert [(one.choice, one.who) for one in made(fresh)] == [("keep", "Ann")]
    bob.locator(".card").first.focus()
    bob.keyboard.press("3")
    expect(verdict).to_contain_text("Labelled crow · Bob")
    wait_until_saved(bob)
    ann.keyboard.press("z")
    expect(ann.locator(".card .verdict").first).to_contain_text("Bob decided meanwhile")
    assert [(one.choice, one.who) for one in made(fresh)] == [("keep", "Ann"), ("label", "Bob")]
    for window in windows:
        window.close()


def test_the_page_of_the_next_photos_is_there_before_it_is_asked_for(
    fresh: Site, page: Page
) -> None:
    with page.expect_response(lambda answer: "/review/cards?after=" in answer.url):
        open_review(page, fresh)
    page.wait_for_load_state("networkidle")
    page.route("**/review/cards*", lambda route: route.abort())
    page.keyboard.press("n")
    page.wait_for_function("document.querySelector('#cards').dataset.start === '30'")


def test_near_duplicates_stand_side_by_side_with_what_differs(fresh: Site, page: Page) -> None:
    page.goto(f"{fresh.url}{REVIEW}/groups")
    page.wait_for_selector("html[data-ready]")
    group = page.locator(".group").first
    expect(group.locator(".card")).to_have_count(3)
    expect(group.locator(".card").first).to_contain_text("kept of its group")
    expect(group.locator(".differences").first).to_contain_text("of 64 bits apart")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("k")
    wait_until_saved(page)
    assert [(one.photo_id, one.choice) for one in made(fresh)] == [("1001", "keep")]


def test_a_photo_under_two_labels_is_settled_with_a_number(fresh: Site, page: Page) -> None:
    open_review(page, fresh, "?reason=two_labels")
    expect(page.locator(".card .chip").first).to_have_text("boar")
    page.keyboard.press("1")
    wait_until_saved(page)
    assert [(one.choice, one.label) for one in made(fresh)] == [("label", "monkey")]


def test_a_threshold_is_moved_looked_at_and_written(fresh: Site, page: Page) -> None:
    recipe = fresh.place.folder / "datasets/animals/recipe.toml"
    before = recipe.read_text()
    page.goto(f"{fresh.url}{REVIEW}/thresholds?key=min_brightness")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#effect-out")).to_contain_text("As the recipe has it")
    expect(page.locator("#write")).to_be_disabled()
    page.locator("#number").fill("0.4")
    page.locator("#number").press("Tab")
    expect(page.locator("#effect-out")).to_contain_text("would be left out")
    page.locator("#write").click()
    expect(page.locator("#effect-out")).to_contain_text("Written: min_brightness = 0.4")
    written = recipe.read_text()
    recipe.write_text(before)
    assert written == before.replace("min_brightness = 0.06", "min_brightness = 0.4")


def test_a_threshold_between_the_steps_of_the_slider_is_as_the_recipe_has_it(
    fresh: Site, page: Page
) -> None:
    page.goto(f"{fresh.url}{REVIEW}/thresholds?key=max_size_ratio")
    expect(page.locator("#effect-out")).to_contain_text("As the recipe has it")
    page.locator("#number").press("ArrowUp")
    expect(page.locator("#effect-out")).to_contain_text("At 10.1")


def test_photos_are_decided_by_touch_on_a_narrow_screen(fresh: Site, browser: Browser) -> None:
    phone = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = phone.new_page()
    open_review(page, fresh)
    first = photos(page)[0]
    card = page.locator(f".card[data-photo='{first}']")
    card.get_by_role("button", name="Reject").tap()
    page.get_by_role("button", name="drawing, toy or statue").tap()
    expect(card.locator(".verdict")).to_contain_text("Rejected: drawing, toy or statue")
    wait_until_saved(page)
    assert [(one.photo_id, one.choice) for one in made(fresh)] == [(first, "reject")]
    phone.close()


def test_titles_are_text_whatever_they_hold(fresh: Site, page: Page) -> None:
    open_review(page, fresh, "?which=all&owner=2%40N00")
    expect(page.locator("h3", has_text="<script>")).to_have_count(1)
    assert "harm" not in page.title()
    assert page.locator("main script").count() == 0
    assert NOTICE in page.locator("footer").inner_text()


def test_a_key_that_is_held_decides_on_one_photo(fresh: Site, page: Page) -> None:
    open_review(page, fresh)
    for _ in range(3):
        page.keyboard.down("k")
    page.keyboard.up("k")
    wait_until_saved(page)
    assert len(made(fresh)) == 1


def test_a_dataset_that_is_gone_keeps_no_other_waiting(fresh: Site, page: Page) -> None:
    open_review(page, fresh)
    page.evaluate(
        """localStorage.setItem("menagerie:decision:0", JSON.stringify({ dataset: "gone", who: "",
        message: { ticket: "ticket-of-nothing", photo: "1", choice: "keep", seen: "" } }))"""
    )
    page.keyboard.press("k")
    expect(page.locator("#offline")).to_contain_text("There is no dataset 'gone'")
    expect(page.locator("#saved")).to_have_text("1 decision waits to be saved.")
    assert len(made(fresh)) == 1


def test_a_photo_that_was_never_downloaded_is_looked_at_where_it_came_from(
    fresh: Site, page: Page
) -> None:
    chosen = files.c.photo_key == 1
    with fresh.shop.catalog.begin() as connection:
        sha256 = connection.scalar(select(files.c.sha256).where(chosen))
        connection.execute(update(files).where(chosen).values(sha256=None))
    try:
        open_review(page, fresh, "?group=1&which=all")
        link = page.get_by_role("link", name="not downloaded: see its page")
        assert str(link.get_attribute("href")).startswith("https://www.flickr.com/photos/")
    finally:
        with fresh.shop.catalog.begin() as connection:
            connection.execute(update(files).where(chosen).values(sha256=sha256))


def test_what_is_empty_says_why(fresh: Site, answering: Site) -> None:
    empty = fresh.get(f"{REVIEW}?reason=dark").text
    assert "Nothing is left to decide here" in empty
    assert f'href="{REVIEW}?reason=dark&amp;which=decided"' in empty
    assert "Nobody has decided" in fresh.get(f"{REVIEW}?reason=dark&which=decided").text
    assert "No photo was judged yet" in answering.get("/datasets/colours/review").text


def test_a_page_weighs_little(fresh: Site, page: Page) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    open_review(page, fresh)
    page.wait_for_load_state("networkidle")
    own = [answer for answer in answers if "/thumbs/" not in answer.url]
    assert len(own) > 5
    assert sum(len(answer.body()) for answer in own) < 100_000
