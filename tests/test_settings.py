"""Settings come from the environment, typed, and a bad one says what to do."""

import re
from pathlib import Path

import pytest

from menagerie.errors import SettingsError
from menagerie.settings import FLICKR_REST_URL, Settings, load_settings


def test_without_an_environment_everything_has_a_default() -> None:
    settings = load_settings()
    assert settings.home == Path(".menagerie")
    assert settings.datasets == Path("datasets")
    assert settings.source == "flickr"
    assert settings.database_url.startswith("sqlite:///")


def test_no_variable_but_the_documented_ones_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "elsewhere")
    assert load_settings().home == Path(".menagerie")


def test_any_other_endpoint_is_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENAGERIE_FLICKR_URL", "http://127.0.0.1:8765/services/rest/")
    assert load_settings().source == "sandbox"


def test_the_address_of_a_sandbox_names_its_universe(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://127.0.0.1:8765/services/rest/?universe=drawn240x7"
    monkeypatch.setenv("MENAGERIE_FLICKR_URL", url)
    assert load_settings().source == "sandbox-drawn240x7"


def test_openverse_finds_photos_of_flickr_or_of_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().openverse_source == "flickr"
    url = "http://127.0.0.1:8765/v1/?universe=drawn240x7"
    monkeypatch.setenv("MENAGERIE_OPENVERSE_URL", url)
    assert load_settings().openverse_source == "sandbox-drawn240x7"
    assert load_settings().source == "flickr"


@pytest.mark.parametrize("name", ["MENAGERIE_FLICKR_URL", "MENAGERIE_OPENVERSE_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "ftp://flickr.com/",
        "http://example.org/rest",
        "nonsense",
        "http://127.0.0.1:70000/",
        "http://[::1/",
    ],
)
def test_an_endpoint_is_https_or_on_loopback(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    monkeypatch.setenv(name, url)
    with pytest.raises(SettingsError, match=name):
        load_settings()


@pytest.mark.parametrize("hosts", [",,,", "http://x.org", "x.org:99999", "x.org/path", "a b"])
def test_hosts_are_names_with_ports(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("MENAGERIE_PHOTO_HOSTS", hosts)
    with pytest.raises(SettingsError, match=r"MENAGERIE_PHOTO_HOSTS.*host:port"):
        load_settings()


@pytest.mark.parametrize("hosts", ["x.org", "farm*.x.org, 127.0.0.1:80", "[::1]:8080"])
def test_several_hosts_may_be_named(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("MENAGERIE_PHOTO_HOSTS", hosts)
    assert load_settings().photo_hosts == hosts


def test_servers_are_told_whom_to_write_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().user_agent.startswith("menagerie/")
    monkeypatch.setenv("MENAGERIE_CONTACT", "https://example.org/us")
    assert load_settings().user_agent.endswith("; +https://example.org/us)")
    monkeypatch.setenv("MENAGERIE_CONTACT", "two\nlines")
    with pytest.raises(SettingsError, match="MENAGERIE_CONTACT"):
        load_settings()


def test_nobody_elses_server_is_crawled_anonymously(monkeypatch: pytest.MonkeyPatch) -> None:
    load_settings().refuse_anonymous("http://127.0.0.1:8765/services/rest/")
    with pytest.raises(SettingsError, match=r"www\.flickr\.com should know .*MENAGERIE_CONTACT"):
        load_settings().refuse_anonymous(FLICKR_REST_URL)
    monkeypatch.setenv("MENAGERIE_CONTACT", "https://example.org/us")
    load_settings().refuse_anonymous(FLICKR_REST_URL)


@pytest.mark.parametrize("runner", ["steam", "http://10.0.0.7:8786", "tcp://10.0.0.7", "Dask"])
def test_a_runner_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch, runner: str) -> None:
    monkeypatch.setenv("MENAGERIE_RUNNER", runner)
    with pytest.raises(SettingsError, match=rf"MENAGERIE_RUNNER.*'{re.escape(runner)}'"):
        load_settings()


@pytest.mark.parametrize("runner", ["threads", "dask", "tcp://10.0.0.7:8786", "tls://[::1]:8786"])
def test_a_runner_is_threads_dask_or_a_schedulers_address(
    monkeypatch: pytest.MonkeyPatch, runner: str
) -> None:
    monkeypatch.setenv("MENAGERIE_RUNNER", runner)
    assert load_settings().runner == runner


def test_a_store_by_url_holds_everything_and_one_by_path_photos_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MENAGERIE_STORE_URL", "s3://bucket/prefix/")
    shared = load_settings()
    monkeypatch.setenv("MENAGERIE_STORE_URL", "/disk/photos")
    own = load_settings()
    assert (shared.photo_store_url, shared.blocks_root) == (
        "s3://bucket/prefix/photos",
        "s3://bucket/prefix",
    )
    assert (own.photo_store_url, own.blocks_root) == ("/disk/photos", own.home.absolute())


def test_a_key_does_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLICKR_API_KEY", "c0ffee")
    assert "c0ffee" not in repr(load_settings())


@pytest.mark.parametrize("url", ["rubbish", "ftp://x", "http://example.com/"])
def test_a_key_does_not_show_when_another_setting_is_wrong(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("FLICKR_API_KEY", "c0ffee")
    monkeypatch.setenv("MENAGERIE_FLICKR_URL", url)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert "c0ffee" not in str(raised.value)
    assert url in str(raised.value)


def test_an_empty_variable_is_as_if_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENAGERIE_HOME", "")
    assert load_settings().home == Path(".menagerie")
