"""The doctor tells what is amiss, and what cures it, without a server to ask."""

import socket
from pathlib import Path

import pytest

from menagerie.diagnosis.check import Check, Health
from menagerie.diagnosis.examination import examine
from menagerie.diagnosis.flickr import Greeting, check_clock, check_key, greet
from menagerie.diagnosis.machine import check_recipes, check_versions
from menagerie.diagnosis.service import check_service
from menagerie.errors import SettingsError
from menagerie.settings import Settings, load_settings
from menagerie.starting import write_recipe
from menagerie.supervising.plan import usable_port


@pytest.fixture
def settings(home: Path) -> Settings:
    """Settings that point to the sandbox, with a recipe that asks it."""
    found = load_settings()
    write_recipe(found.datasets, "animals", ("monkey", "boar"), "", "flickr", "")
    return found


def check(settings: Settings, name: str) -> Check:
    return next(one for one in examine(settings).checks if one.name == name)


def test_a_sound_machine_has_nothing_to_mend(settings: Settings) -> None:
    found = examine(settings)
    assert found.ok, [one.line for one in found.checks]
    assert {one.name for one in found.checks} >= {"versions", "disk", "key", "clock", "backbone"}


def test_a_missing_key_is_a_fault_where_a_recipe_asks_flickr(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLICKR_API_KEY")
    found = check(load_settings(), "key")
    assert found.health is Health.FAULT
    assert "animals" in found.found
    assert "FLICKR_API_KEY" in found.cure


def test_a_missing_key_is_no_fault_where_nobody_asks_flickr(home: Path) -> None:
    without = load_settings().model_copy(update={"flickr_api_key": None})
    assert check_key(without, [], Greeting(0.0)).health is Health.OK


def test_a_key_that_flickr_refuses_is_a_fault(settings: Settings) -> None:
    found = check_key(settings, [], Greeting(0.0, refusal="Invalid API Key"))
    assert (found.health, "Invalid API Key" in found.found) == (Health.FAULT, True)


def test_a_silent_flickr_is_no_fault(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENAGERIE_FLICKR_URL", f"http://127.0.0.1:{usable_port(0, '')}/")
    silent = load_settings()
    assert check(silent, "key").health is Health.NOTE
    assert check(silent, "clock").health is Health.NOTE


@pytest.mark.parametrize(
    ("ahead", "health"), [(0.4, "ok"), (-59.0, "ok"), (61.0, "fault"), (-3600.0, "fault")]
)
def test_a_clock_that_is_a_minute_off_is_a_fault(ahead: float, health: str) -> None:
    assert check_clock(Greeting(ahead)).health.value == health


def test_the_sandbox_answers_as_flickr_does(settings: Settings) -> None:
    greeting = greet(settings)
    assert (greeting.refusal, greeting.silence) == (None, None)
    assert abs(greeting.seconds_ahead or 99.0) < 60


def test_a_recipe_that_cannot_be_used_is_named(settings: Settings) -> None:
    (settings.datasets / "pets").mkdir()
    (settings.datasets / "pets/recipe.toml").write_text("[dataset]\nname = 1\n")
    found, good = check_recipes(settings)
    assert found.health is Health.FAULT
    assert "pets/recipe.toml" in found.found
    assert [recipe.name for recipe in good] == ["animals"]


def test_a_home_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(MENAGERIE_HOME=tmp_path / "file/home")
    assert check(settings, "home").health is Health.FAULT


def test_installed_packages_are_those_that_are_wanted() -> None:
    assert check_versions().health is Health.OK


def test_a_server_that_does_not_answer_is_a_fault(home: Path) -> None:
    api = f"http://127.0.0.1:{usable_port(0, '')}/api"
    found = {one.name: one for one in check_service(load_settings(), api)}
    assert found["server"].health is Health.FAULT
    assert "worker" not in found


def test_nothing_up_is_no_fault(home: Path) -> None:
    found = {one.name: one for one in check_service(load_settings(), None)}
    assert found["server"].health is Health.NOTE
    assert "menagerie up" in found["server"].cure


def test_a_port_that_is_taken_is_refused_with_the_option_that_helps() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"Port {port} .*--web-port"):
            usable_port(port, "--web-port")
