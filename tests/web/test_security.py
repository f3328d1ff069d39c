"""Who may ask: this machine, by its own name, from its own pages; others with a token."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from pydantic import SecretStr

from menagerie.cli import cli
from menagerie.errors import CallError, SettingsError
from menagerie.web.access import Access, open_access
from menagerie.web.attempts import GUESSES, PERIOD_SECONDS, Attempts
from menagerie.web.signing_in import is_own_path
from tests.web.builders import Place
from tests.web.conftest import Site, served

TOKEN = "a-token-of-a-good-length"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return pages that ask for a token."""
    access = Access(token=SecretStr(TOKEN))
    with served(tmp_path_factory.mktemp("guarded"), access, each=1) as opened:
        yield opened


def test_every_answer_forbids_scripts_of_others_and_frames(site: Site) -> None:
    for path in ("/", "/nowhere", "/api/v1/about", "/photos/" + "0" * 64):
        headers = site.get(path).headers
        assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Server" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "a@127.0.0.1", "", "[::1"]
)
def test_a_foreign_name_is_refused(site: Site, host: str) -> None:
    assert site.get("/", headers={"Host": host}).status_code in {400, 421}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "[::1]:8750", "LOCALHOST:1"])
def test_this_machine_is_known_by_all_its_names(site: Site, host: str) -> None:
    assert site.get("/", headers={"Host": host}).status_code == 200


def test_names_are_added_and_addresses_admitted_where_others_may_reach() -> None:
    access = Access("0.0.0.0", SecretStr(TOKEN), ("pages.example.org",))
    assert access.admits_host("pages.example.org:443")
    assert access.admits_host("10.1.2.3")
    assert not access.admits_host("other.example.org")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_site_sends_is_refused(site: Site, headers: dict[str, str]) -> None:
    assert site.post("/sign-out", headers=headers).status_code == 403


def test_no_page_is_shown_without_the_token(guarded: Site) -> None:
    shown = guarded.get("/datasets/animals/review", allow_redirects=False)
    assert shown.status_code == 302
    assert shown.headers["Location"].startswith("/sign-in?next=")
    refused = guarded.get("/api/v1/datasets/animals/queue")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert guarded.get("/photos/" + "0" * 64, allow_redirects=False).status_code == 302
    assert guarded.get("/metrics", allow_redirects=False).status_code == 401
    assert guarded.get("/healthz").status_code == 200


def test_the_token_opens_by_header_and_by_cookie(guarded: Site) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.get("/", headers=bearer).status_code == 200
    with requests.Session() as browser:
        form = {"token": TOKEN, "next": "/datasets/animals/review"}
        entered = browser.post(guarded.url + "/sign-in", data=form, allow_redirects=False)
        assert entered.headers["Location"] == "/datasets/animals/review"
        cookie = entered.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert TOKEN not in cookie
        assert browser.get(guarded.url + "/").status_code == 200
        browser.post(guarded.url + "/sign-out")
        assert browser.get(guarded.url + "/", allow_redirects=False).status_code == 302


def test_a_cookie_of_another_token_is_worthless() -> None:
    keys = {Access(token=SecretStr(t)).cookie_key() for t in (TOKEN, TOKEN + "x")}
    assert len(keys) == 2


def test_guessing_is_limited_for_each_address() -> None:
    moment = [0.0]
    attempts = Attempts(lambda: moment[0])
    for _ in range(GUESSES):
        assert attempts.wait_seconds("10.0.0.1") == 0
        attempts.note_failure("10.0.0.1")
    assert attempts.wait_seconds("10.0.0.1") == PERIOD_SECONDS
    assert attempts.wait_seconds("10.0.0.2") == 0
    moment[0] = PERIOD_SECONDS
    assert attempts.wait_seconds("10.0.0.1") == 0


def test_who_guesses_too_often_is_told_to_wait(tmp_path: Path) -> None:
    with served(tmp_path, Access(token=SecretStr(TOKEN)), each=1) as opened:
        answers = [
            opened.get("/api/v1/datasets", headers={"Authorization": f"Bearer guess-{n}"})
            for n in range(GUESSES + 1)
        ]
        assert {answer.status_code for answer in answers[:-1]} == {401}
        assert answers[-1].status_code == 429
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "", "x"])
def test_signing_in_leads_nowhere_else(target: str) -> None:
    assert not is_own_path(target)
    assert is_own_path("/datasets/animals/review?reason=dark")


def test_another_address_needs_a_token_that_is_long_enough(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="--token-file"):
        open_access("0.0.0.0", None, None)
    short = tmp_path / "token"
    short.write_text("short\n")
    with pytest.raises(SettingsError, match="at least 16"):
        open_access("127.0.0.1", short, None)
    done = CliRunner().invoke(cli, ["web", "--host", "0.0.0.0"])
    assert isinstance(done.exception, CallError)


def test_a_port_that_is_taken_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in Place(tmp_path).env.items():
        monkeypatch.setenv(name, value)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = CliRunner().invoke(cli, ["web", "--port", str(taken.getsockname()[1])])
    assert isinstance(done.exception, CallError)
    assert str(done.exception).startswith("The pages cannot be served there")
    assert done.stdout == ""
