"""The scripts of deploy/, run as they are."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import postgresql
from tests.deploy.reading import COMPOSE, DEPLOY, ENTRYPOINT, compose


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_secret_reaches_the_command_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("o'n\"e $two\n")
    done = run("sh", ENTRYPOINT, "env", PGPASSWORD_FILE=str(tmp_path / "secret"))
    assert "PGPASSWORD=o'n\"e $two" in done.stdout.splitlines()
    assert "PGPASSWORD_FILE" not in done.stdout


def test_an_empty_file_is_a_secret_that_is_not_set(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    done = run("sh", ENTRYPOINT, "env", FLICKR_API_KEY_FILE=str(tmp_path / "secret"))
    assert done.returncode == 0
    assert "FLICKR_API_KEY" not in done.stdout


def test_a_file_that_is_not_there_ends_the_container_with_a_sentence(tmp_path: Path) -> None:
    done = run("sh", ENTRYPOINT, "env", PGPASSWORD_FILE=str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "The secret PGPASSWORD cannot be read" in done.stderr


def test_the_entry_point_becomes_the_command() -> None:
    done = run("sh", ENTRYPOINT, "sh", "-c", "exit 7")
    assert done.returncode == 7


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(COMPOSE.parent, tmp_path / "compose", ignore=shutil.ignore_patterns("secrets"))
    return tmp_path / "compose"


def secrets(folder: Path) -> dict[str, str]:
    done = run("sh", folder / "make-secrets.sh")
    assert done.returncode == 0, done.stderr
    return {file.name: file.read_text() for file in (folder / "secrets").iterdir()}


def test_every_secret_that_the_services_need_is_made(folder: Path) -> None:
    made = secrets(folder)
    assert {f"./secrets/{name}" for name in made} == {
        one["file"] for one in compose()["secrets"].values()
    }
    assert len({value for name, value in made.items() if name != "flickr_api_key"}) == 6
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_secret_that_is_there_stays_as_it_is(folder: Path) -> None:
    first = secrets(folder)
    (folder / "secrets" / "prefect_password").unlink()
    second = secrets(folder)
    assert {name for name in first if first[name] != second[name]} == {"prefect_password"}


def test_the_object_store_knows_the_credentials_that_are_used(folder: Path) -> None:
    made = secrets(folder)
    key, secret = (line.split(" = ")[1] for line in made["s3_credentials"].splitlines()[1:])
    assert f'"accessKey": "{key}", "secretKey": "{secret}"' in made["s3_identities"]


def test_the_databases_are_made_apart_from_each_other(tmp_path: Path) -> None:
    psql = postgresql.program("psql")
    if postgresql.program("initdb") is None or psql is None:
        pytest.skip("needs PostgreSQL, which is not installed")
    import psycopg

    for name in ("postgres_password", "catalog_password", "prefect_password"):
        (tmp_path / name).write_text(f"it's {name}")
    with postgresql.running_server() as server:
        url = psycopg.conninfo.conninfo_to_dict(server.url.replace("+psycopg", ""))
        done = run(
            "sh",
            DEPLOY / "compose" / "init-databases.sh",
            PATH=f"{Path(psql).parent}:{os.environ['PATH']}",
            PGHOST=str(url["host"]),
            PGPORT=str(url["port"]),
            POSTGRES_USER=str(url["user"]),
            POSTGRES_PASSWORD_FILE=str(tmp_path / "postgres_password"),
        )
        assert done.returncode == 0, done.stderr
        with psycopg.connect(host=url["host"], port=url["port"], user="prefect", dbname="prefect"):
            pass
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(host=url["host"], port=url["port"], user="prefect", dbname="menagerie")
