"""The API of reviewing: a message counts once, and nobody's word is written over unseen."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from menagerie.catalog.tables import decisions, photos, tickets
from menagerie.curation.doubts import review_queue
from menagerie.review.thresholds import thresholds_of
from tests.web.conftest import Site

API = "/api/v1/datasets/animals"


@pytest.fixture
def fresh(site: Site) -> Site:
    """Return the pages with nothing decided yet."""
    with site.shop.catalog.begin() as connection:
        connection.execute(tickets.delete())
        connection.execute(decisions.delete())
    return site


def message(photo: str = "1010", choice: str = "keep", **more: object) -> dict[str, object]:
    return {"ticket": str(uuid4()), "photo": photo, "choice": choice, "seen": "", **more}


def send(site: Site, *messages: object, who: str = "Ann") -> list[dict[str, Any]]:
    document = {"who": who, "decisions": list(messages)}
    answered = site.post(f"{API}/decisions", json=document)
    assert answered.status_code == 200, answered.text
    results: list[dict[str, Any]] = answered.json()["results"]
    return results


def outcomes(site: Site, *messages: object) -> list[str]:
    return [str(result["outcome"]) for result in send(site, *messages)]


def history(site: Site, photo: str = "1010") -> list[tuple[str, str]]:
    told = site.get(f"{API}/decisions?photo={photo}").json()["decisions"]
    return [(one["choice"], one["label"]) for one in told[::-1]]


def queue(site: Site, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = site.get(f"{API}/queue{query}").json()
    return found


def test_a_message_that_comes_again_is_known(fresh: Site) -> None:
    said = message()
    assert outcomes(fresh, said, said) == ["stored", "known"]
    assert outcomes(fresh, said) == ["known"]
    assert history(fresh) == [("keep", "monkey")]


def test_what_one_has_not_seen_one_does_not_overrule(fresh: Site) -> None:
    said = message()
    (stored,) = send(fresh, said)
    assert stored["now"]["mark"] == said["ticket"]
    (late,) = send(fresh, message(choice="reject"), who="Bob")
    assert (late["outcome"], late["now"]["who"]) == ("overtaken", "Ann")
    (seen,) = send(fresh, message(choice="reject", seen=said["ticket"]), who="Bob")
    assert (seen["outcome"], seen["now"]["state"]) == ("stored", "reject")


def test_messages_are_undone_in_turn_and_nobody_elses(fresh: Site) -> None:
    first, second = message(), message(choice="label", label="crow")
    second["seen"] = first["ticket"]
    undo = {"ticket": str(uuid4()), "photo": "1010", "undoes": second["ticket"]}
    again = {"ticket": str(uuid4()), "photo": "1010", "undoes": first["ticket"]}
    assert outcomes(fresh, first, second, undo) == ["stored"] * 3
    assert queue(fresh, "?which=decided")["photos"][0]["state"] == "keep"
    other = message(choice="reject", seen=undo["ticket"])
    assert outcomes(fresh, other, again) == ["stored", "overtaken"]


def test_undoing_a_decision_on_a_group_takes_all_of_it_back(fresh: Site) -> None:
    said = message("1000", "reject", group=True)
    undo = {"ticket": str(uuid4()), "photo": "1000", "undoes": said["ticket"]}
    assert outcomes(fresh, said) == ["stored"]
    assert queue(fresh, "?which=decided")["total"] == 3
    assert outcomes(fresh, undo) == ["stored"]
    assert queue(fresh, "?which=decided")["total"] == 0


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (message("none"), "has no photo"),
        (message(choice="like"), "choice is one of"),
        (message(label="cat"), "no class"),
        (message(note="two\nlines"), "one line"),
        ({**message(), "photo": 7}, "is text"),
        (message(extra=1), "is an object"),
        ({**message(), "ticket": "short"}, "8 to 64"),
        ({**message(), "undoes": "nothing-of-that-name"}, "nothing to take back"),
        ("keep", "is an object"),
        (None, "is an object"),
    ],
)
def test_a_message_that_cannot_be_followed_costs_the_others_nothing(
    fresh: Site, said: object, why: str
) -> None:
    refused, stored = send(fresh, said, message())
    assert refused["outcome"] == "refused"
    assert why in refused["detail"]
    assert stored["outcome"] == "stored"


@pytest.mark.parametrize("body", ["[]", "{", '{"decisions": 7}', '{"decisions": [], "who": 7}'])
def test_a_body_of_another_shape_is_a_problem(fresh: Site, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answered = fresh.post(f"{API}/decisions", data=body, headers=headers)
    assert answered.status_code == 400
    assert answered.headers["Content-Type"] == "application/problem+json"
    assert answered.json()["detail"]


def test_no_form_can_decide(fresh: Site) -> None:
    assert fresh.post(f"{API}/decisions", data={"decisions": "[]"}).status_code == 415


def test_the_queue_has_the_order_of_the_command(fresh: Site) -> None:
    recipe = fresh.place.write_recipe()
    told = [doubt.doubt for doubt in review_queue(fresh.shop.catalog, recipe, 1000)]
    seen: list[float] = []
    page = queue(fresh)
    limits = {doubt.label: doubt.threshold for doubt in review_queue(fresh.shop.catalog, recipe, 9)}
    while True:
        seen += [1 - abs(one["score"] - limits[one["label"]]) for one in page["photos"]]
        if page["next"] is None:
            break
        page = queue(fresh, f"?after={page['next']}")
    assert seen == pytest.approx(told, abs=1e-6)


def test_pages_show_each_photo_once_even_while_photos_are_decided(fresh: Site) -> None:
    first = queue(fresh)
    send(fresh, *(message(one["photo"]) for one in first["photos"][:7]))
    second = queue(fresh, f"?after={first['next']}")
    shown = [one["photo"] for page in (first, second) for one in page["photos"]]
    assert len(shown) == len(set(shown)) == 60
    assert queue(fresh)["total"] == first["total"] - 7


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("?reason=blurred", 5),
        ("?reason=two_labels", 1),
        ("?owner=2%40N00&which=all", 4),
        ("?owner=nobody&which=all", 0),
        ("?label=crow&which=all", 30),
        ("?which=all", 90),
    ],
)
def test_photos_are_chosen_by_what_is_asked(fresh: Site, query: str, total: int) -> None:
    assert queue(fresh, query)["total"] == total


@pytest.mark.parametrize("query", ["?reason=x", "?label=x", "?which=x", "?after=x", "?group=-1"])
def test_a_question_that_means_nothing_is_a_problem(fresh: Site, query: str) -> None:
    for path in (f"{API}/queue", "/datasets/animals/review"):
        assert fresh.get(path + query).status_code == 400


@pytest.mark.parametrize("name", ["nothing", "..", "a b", "%2e%2e%2f"])
def test_a_dataset_that_is_not_there_is_not_found(site: Site, name: str) -> None:
    assert site.get(f"/api/v1/datasets/{name}/queue").status_code == 404


def test_an_address_of_nothing_is_told_in_our_own_words(site: Site) -> None:
    assert "There is nothing at this address" in site.get("/nowhere").text
    assert "is not asked that way" in site.post("/api/v1/datasets").json()["detail"]


def test_a_threshold_tells_whom_it_would_let_in_and_out(fresh: Site) -> None:
    told = fresh.get(f"{API}/thresholds/min_sharpness?value=0").json()
    assert (told["value"], told["asked"], told["out"], told["back"]) == (0.15, 0, 0, 5)
    assert sum(told["bins"]) == told["known"] == 90
    told = fresh.get(f"{API}/thresholds/min_sharpness?value=1000").json()
    assert (told["out"], told["back"]) == (82, 0)


def test_how_large_photos_are_is_told_by_the_median_one(fresh: Site) -> None:
    address = f"{API}/thresholds/max_size_ratio"
    # A third each has 320 x 200, 240 and 280 pixels: a tenth more or less edge than the median.
    assert fresh.get(f"{address}?value=1.05").json()["out"] == 55
    assert fresh.get(f"{address}?value=1.2").json()["out"] == 0


@pytest.mark.parametrize("query", ["?value=x", "?value=nan", "?value=1e99"])
def test_a_threshold_that_is_no_number_is_a_problem(fresh: Site, query: str) -> None:
    assert fresh.get(f"{API}/thresholds/min_sharpness{query}").status_code == 400
    assert fresh.get(f"{API}/thresholds/sharpness").status_code == 404


def test_every_threshold_can_be_looked_at(fresh: Site) -> None:
    for key in thresholds_of(fresh.place.write_recipe().curation):
        assert fresh.get(f"{API}/thresholds/{key}").status_code == 200


def test_a_threshold_is_written_into_the_recipe_unless_that_changed(fresh: Site) -> None:
    fresh.place.write_recipe()
    path = fresh.place.folder / "datasets/animals/recipe.toml"
    before = path.read_text()
    address = f"{API}/thresholds/min_sharpness"
    seen = fresh.get(address).json()["seen"]
    try:
        written = fresh.put(address, json={"value": 0.25, "seen": seen})
        assert (written.status_code, written.json()["value"]) == (200, 0.25)
        assert path.read_text() == before.replace("min_sharpness = 0.15", "min_sharpness = 0.25")
        assert fresh.put(address, json={"value": 0.5, "seen": seen}).status_code == 409
        refused = fresh.put(address, json={"value": 7, "seen": written.json()["seen"]})
        assert refused.status_code == 400
        assert "at most 1" in refused.json()["detail"]
    finally:
        path.write_text(before)


def test_photos_are_served_by_their_hash_as_what_they_are(fresh: Site) -> None:
    sha256 = queue(fresh)["photos"][0]["sha256"]
    for path in (f"/photos/{sha256}", f"/thumbs/{sha256}"):
        answered = fresh.get(path)
        assert answered.headers["Content-Type"] == "image/jpeg"
        assert answered.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answered.headers["Content-Security-Policy"]
        assert answered.content.startswith(b"\xff\xd8")


@pytest.mark.parametrize("name", ["0" * 64, "..%2f..%2fcatalog.db", "A" * 64, "0" * 63, "x"])
def test_nothing_but_a_hash_that_is_known_names_a_photo(fresh: Site, name: str) -> None:
    assert fresh.get(f"/photos/{name}").status_code == 404
    assert fresh.get(f"/thumbs/{name}").status_code == 404


def test_a_photo_that_is_gone_is_no_longer_shown(fresh: Site) -> None:
    one = queue(fresh)["photos"][0]
    chosen = photos.c.photo_id == one["photo"]
    try:
        with fresh.shop.catalog.begin() as connection:
            connection.execute(update(photos).where(chosen).values(gone_at=1))
        assert fresh.get(one["thumb"]).status_code == 404
        assert fresh.get(f"/photos/{one['sha256']}").status_code == 404
    finally:
        with fresh.shop.catalog.begin() as connection:
            connection.execute(update(photos).where(chosen).values(gone_at=None))
