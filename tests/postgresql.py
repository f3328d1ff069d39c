"""A PostgreSQL of the tests' own: started when first needed, on a free port, ended with them."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.processes import free_port

# Debian keeps the server's programs off the path.
_FOLDERS = "/usr/lib/postgresql"
# Nothing of it has to outlive the machine.
_HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")
_START_SECONDS = 120


def program(name: str) -> str | None:
    """Return the path of one of PostgreSQL's programs, the newest version's; None without one."""
    found = sorted(Path(_FOLDERS).glob(f"*/bin/{name}"), key=lambda path: path.parts[-3].zfill(4))
    return str(found[-1]) if found else shutil.which(name)


class Server:
    """A PostgreSQL server with a folder of its own, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._log = folder / "log"
        self._port = free_port()
        # PostgreSQL refuses to run as root.
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(folder, "nobody", "nogroup")
        # Sorted as people sort, as many a server is: a catalog must not mind.
        people = ("--locale-provider=icu", "--icu-locale=en-US", "-E", "UTF8")
        self._run("initdb", "-D", str(self._data), "-U", "tests", "-A", "trust", "-N", *people)
        self.start()

    @property
    def url(self) -> str:
        """Address of its first database."""
        return f"postgresql+psycopg://tests@127.0.0.1:{self._port}/postgres"

    def _run(self, name: str, *arguments: str) -> None:
        command = [str(program(name)), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **self._user)

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [str(program("postgres")), "-D", str(self._data), "-p", str(self._port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        for setting in (*_HASTY, "max_connections=200"):
            command += ["-c", setting]
        deadline = time.monotonic() + _START_SECONDS
        self.process = self._begin(command)
        while not self._answers():
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)
            if self.process.poll() is not None:
                # Children of one that was killed hold the memory that it shared with them.
                self.process = self._begin(command)

    def _begin(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(command, stderr=log, stdout=log, cwd="/", **self._user)

    def _answers(self) -> bool:
        try:
            connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it, and whoever is still connected."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running_server() -> Iterator[Server]:
    """Run a server in a temporary folder."""
    # Not in pytest's folders: those are closed to the user that the server runs as.
    with tempfile.TemporaryDirectory(prefix="menagerie-postgresql-") as name:
        server = Server(Path(name))
        try:
            yield server
        finally:
            server.stop()


def connect(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """Connect to a database by its SQLAlchemy URL, outside of transactions."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def make_database(server_url: str, name: str, template: str = "template0") -> str:
    """Make a database on a server, as a copy of another one, and return its URL."""
    with connect(server_url) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Drop a database, whoever is connected to it."""
    name, server = make_url(url).database, make_url(url).set(database="postgres")
    with connect(server.render_as_string(hide_password=False)) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
