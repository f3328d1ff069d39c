"""The prediction API: photos in, answers or clear problems out, and nothing kept."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.builders import encoded, picture
from tests.photos.hostile import hostile_files
from tests.photos.hosts import host, send
from tests.processes import wait_until
from tests.serving.builders import photo
from tests.web.conftest import Site

PREDICT = "/api/v1/predict"
SCRIPT = "<script>alert(1)</script>"
Answer = requests.Response


def predict(site: Site, data: bytes, query: str = "", kind: str = "image/jpeg") -> Answer:
    return site.post(PREDICT + query, data=data, headers={"Content-Type": kind})


def form(site: Site, *files: tuple[str, bytes]) -> Answer:
    return site.post(PREDICT, files=[("photo", file) for file in files])


def test_a_photo_as_it_is_gets_its_label(answering: Site) -> None:
    told = predict(answering, photo("green"), "?dataset=colours").json()
    assert (told["model"], told["release"]) == ("first", "r1")
    (found,) = told["predictions"]
    assert (found["label"], found["none_of_these"]) == ("green", False)
    assert next(iter(found["probabilities"])) == "green"
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_many_photos_are_answered_in_their_order_and_bad_ones_for_themselves(
    answering: Site,
) -> None:
    answer = form(
        answering, ("1.jpg", photo("red")), ("2.jpg", b"none"), ("Krähe.png", photo("blue", "PNG"))
    )
    assert answer.status_code == 200
    red, bad, blue = answer.json()["predictions"]
    assert (red["label"], blue["label"], blue["photo"]) == ("red", "blue", "Krähe.png")
    assert (bad["photo"], bad["reason"]) == ("2.jpg", "broken")
    assert bad["error"].startswith("2.jpg is not a picture")


def test_no_class_is_named_below_the_threshold(answering: Site) -> None:
    (found,) = predict(answering, photo(), "?threshold=1").json()["predictions"]
    assert (found["label"], found["none_of_these"]) == (None, True)


def test_neighbours_come_with_credits(answering: Site) -> None:
    def ask() -> Answer:
        return predict(answering, photo("blue"), "?neighbours=3")

    wait_until(lambda: "neighbours_pending" not in ask().json()["predictions"][0])
    near = ask().json()["predictions"][0]["neighbours"]
    assert [each["label"] for each in near] == ["blue"] * 3
    assert near[0]["license"] == "CC BY 2.0"
    assert near[0]["page_url"].startswith("https://www.flickr.com/photos/")
    assert answering.get(near[0]["thumb"]).headers["Content-Type"] == "image/jpeg"


def test_requests_that_come_at_once_are_put_to_the_model_together(answering: Site) -> None:
    colours = ["red", "green", "blue"] * 20
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda colour: predict(answering, photo(colour)), colours))
    assert [a.json()["predictions"][0]["label"] for a in answers] == colours
    lines = answering.get("/metrics").text.splitlines()
    batches = 'menagerie_batch_photos_%s{dataset="colours"}'
    count, photos = (
        float(line.split()[1])
        for name in ("count", "sum")
        for line in lines
        if line.startswith(batches % name)
    )
    assert photos >= 60
    assert count < photos


@pytest.mark.parametrize(
    ("query", "kind", "status", "said"),
    [
        ("?dataset=animals", "image/jpeg", 404, "with a model: colours"),
        ("?dataset=../colours", "image/jpeg", 404, "with a model: colours"),
        ("?threshold=nan", "image/jpeg", 400, "threshold must be a number from 0 to 1"),
        ("?neighbours=13", "image/jpeg", 400, "neighbours must be a number from 0 to 12"),
        ("?neighbours=1.5", "image/jpeg", 400, "whole number"),
        ("", "text/html", 415, "text/html"),
        ("", "application/json", 400, "says that it is JSON"),
        ("", "multipart/form-data", 400, "no photo"),
    ],
)
def test_a_wrong_request_is_told_what_was_wrong(
    answering: Site, query: str, kind: str, status: int, said: str
) -> None:
    answer = predict(answering, photo(), query, kind)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.status_code == answer.json()["status"] == status
    assert said in answer.json()["detail"]


def test_too_much_at_once_is_refused(answering: Site) -> None:
    assert predict(answering, bytes(33 * 2**20)).status_code == 413
    assert form(answering, *((f"{n}.jpg", photo()) for n in range(33))).status_code == 413


def hostile_uploads() -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of files that mean harm, in their names or in what they hold."""
    good, exif = photo(), picture().getexif()
    exif[0x010E] = SCRIPT
    yield f"{SCRIPT}.jpg", good
    yield "../../../../etc/cron.d/menagerie.jpg", good
    yield f"{300 * 'x'}.jpg", good
    yield "exif.jpg", encoded(picture(), exif=exif)
    yield "comment.jpg", encoded(picture(), comment=SCRIPT.encode())
    yield "script-behind.png", photo(kind="PNG") + SCRIPT.encode()
    yield "archive-behind.jpg", good + b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18)
    yield "php.gif", photo(kind="GIF") + b"<?php phpinfo() ?>"
    yield "page.jpg", b"<html><body onload=alert(1)>" * 10
    yield "svg.svg", f'<svg xmlns="http://www.w3.org/2000/svg">{SCRIPT}</svg>'.encode()
    yield "svg-in-gif.gif", b"GIF89a/*<svg onload=alert(1)>*/"
    yield "pdf.jpg", good[:20] + b"%PDF-1.7" + good[20:]
    # What takes a decoder ten seconds is tried once, by the tests of decoding.
    for name, data, reason in hostile_files():
        if reason is not None and name != "jpeg-of-6000-scans":
            yield name, data


def files_everywhere(site: Site) -> set[str]:
    roots = [site.place.folder, Path(tempfile.gettempdir())]
    found = {path for root in roots for path in root.glob("*")}
    return {str(path) for path in found | set(site.place.folder.rglob("*"))}


def test_hostile_uploads_get_a_clear_refusal_and_nothing_is_kept(answering: Site) -> None:
    uploads, before = list(hostile_uploads()), files_everywhere(answering)
    assert len(uploads) >= 60
    for name, data in uploads:
        answer = form(answering, (name, data))
        assert answer.status_code in {413, 422}, (name, answer.text)
        told = answer.json()
        assert told["detail"].endswith("."), name
        assert told["reason"] in {"broken", "bomb", "refused", "too_many_bytes"}, name
    grown = files_everywhere(answering) - before
    ours = ("menagerie", str(answering.place.folder / "home"))
    assert not [path for path in grown if any(name in path for name in ours)]


def test_an_address_is_answered_where_its_host_is_allowed(answering: Site) -> None:
    def ask(*addresses: str) -> Answer:
        return answering.post(PREDICT, json={"addresses": list(addresses)})

    with host(send) as inner:
        refused = ask(f"http://{inner}/a.jpg")
    assert refused.status_code == 422
    assert "is not among the hosts" in refused.json()["detail"]
    page = ask("https://www.flickr.com/photos/somebody/123")
    assert "FLICKR_API_KEY" in page.json()["detail"]
    assert ask().status_code == 400
    assert ask(*["https://example.org/a.jpg"] * 5).status_code == 413


def test_it_lives_and_is_ready_once_champions_are_loaded(answering: Site) -> None:
    assert answering.get("/healthz").json() == {"status": "ok"}
    assert answering.get("/readyz").json() == {
        "status": "ok",
        "catalog": "ok",
        "models": {"loaded": 1, "loading": 0, "failed": 0},
    }


def test_what_was_done_is_measured_by_route_and_not_by_address(answering: Site) -> None:
    predict(answering, photo("red"))
    answering.get("/no/such/page")
    text = answering.get("/metrics").text
    assert 'menagerie_predictions_total{dataset="colours",label="red"}' in text
    assert 'menagerie_http_requests_total{method="GET",route="none",status="404"}' in text
    assert 'menagerie_model_loaded{dataset="colours",model="first"} 1.0' in text
    assert "/no/such/page" not in text


def description(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.get("/api/v1/openapi.json").json()
    return found


def test_every_route_of_the_api_is_described_in_a_sentence(answering: Site) -> None:
    paths = description(answering)["paths"]
    assert {"/api/v1/predict", "/api/v1/datasets/{name}/decisions"} <= set(paths)
    for path, methods in paths.items():
        for operation in methods.values():
            assert operation["summary"].endswith("."), path
            assert set(operation["responses"]) >= {"default"}, path
            content = operation["responses"].get("200", {}).get("content", {})
            shapes = [kind["schema"] for kind in content.values()]
            assert all("$ref" in shape for shape in shapes) or path.endswith("openapi.json"), path
    page = answering.get("/api/v1/docs").text
    assert all(path in page for path in paths)
