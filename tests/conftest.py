"""What every test stands on: no settings of the machine, real servers, the shared photos."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from menagerie.sandbox.drawn import drawn_universe
from menagerie.sandbox.server import running
from menagerie.settings import Settings
from tests.catalogs import SETTING, Catalogs, active, catalog_settings, server_for_tests

SHARED = Path(__file__).resolve().parents[2] / "shared"
KEY = "0123456789abcdef" * 2

# Timed properties fail on a busy machine, for no fault of the code.
hypothesis_settings.register_profile("suite", deadline=None, max_examples=40)
hypothesis_settings.load_profile("suite")


@pytest.fixture(scope="session")
def catalogs() -> Iterator[Catalogs]:
    """Return the databases of one PostgreSQL server for the session."""
    with server_for_tests() as url:
        made = Catalogs(url)
        yield made
        made.close()


@pytest.fixture(scope="session", autouse=True)
def everywhere(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put every catalog on PostgreSQL, where the environment asks for it."""
    if not os.environ.get(SETTING):
        yield
        return
    with active(request.getfixturevalue("catalogs")):
        yield


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that are marked so on both kinds of catalogs."""
    if metafunc.definition.get_closest_marker("both_catalogs") and not os.environ.get(SETTING):
        metafunc.parametrize("catalog_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def catalog_kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put the catalogs of a test where its marks ask for it, and clear away what it made."""
    everywhere = bool(os.environ.get(SETTING))
    if everywhere and request.node.get_closest_marker("sqlite_only"):
        pytest.skip("is about the file of a catalog on SQLite")
    chosen = getattr(request, "param", "sqlite") == "postgresql"
    if not (everywhere or chosen):
        yield
        return
    made = request.getfixturevalue("catalogs")
    folder = request.getfixturevalue("tmp_path")
    with active(made):
        yield
    # Tests by the thousand would fill the disk.
    made.drop_below(folder)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the machine's environment says of homes, keys and endpoints."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real photos and recorded answers, which is not part of the project."""
    if not SHARED.is_dir():
        pytest.skip(f"needs real photos and recorded answers in {SHARED}, which is not there")
    return SHARED


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """Return the address of a sandbox that draws 60 photos of each keyword."""
    with running(drawn_universe(60)) as url:
        yield url


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox_url: str) -> Path:
    """Return a fresh home whose settings point to the sandbox."""
    point_to(monkeypatch, tmp_path, sandbox_url)
    return tmp_path / "home"


def point_to(monkeypatch: pytest.MonkeyPatch, folder: Path, url: str) -> None:
    """Set the environment to homes in a folder and to a sandbox."""
    for name, value in environment(folder, url).items():
        monkeypatch.setenv(name, value)


def environment(folder: Path, url: str) -> dict[str, str]:
    """Return the settings for a home in a folder and for a sandbox."""
    return {
        "MENAGERIE_HOME": str(folder / "home"),
        "MENAGERIE_DATASETS": str(folder / "datasets"),
        "MENAGERIE_FLICKR_URL": f"{url}/services/rest/",
        "MENAGERIE_PHOTO_HOSTS": url.removeprefix("http://"),
        "FLICKR_API_KEY": KEY,
        **catalog_settings(folder),
    }


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run one Prefect server for the session; processes started by tests use it as well."""
    os.environ["PREFECT_HOME"] = str(tmp_path_factory.mktemp("prefect"))
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"
    from tasks.server import prefect_server

    with pytest.MonkeyPatch.context() as patch:
        # Not the server of a `menagerie up` that may run in this very folder.
        patch.setenv("MENAGERIE_HOME", str(tmp_path_factory.mktemp("home")))
        server = prefect_server()
        url = server.__enter__()
    with ExitStack() as stack:
        stack.push(server)
        assert url is not None
        yield url
