"""The sandbox as a process on a socket."""

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from menagerie.errors import CallError
from menagerie.sandbox.faults import Faults
from menagerie.sandbox.server import open_server
from menagerie.sandbox.universe import drawn_universe
from tests.processes import ended
from tests.sandbox.conftest import Client

SERVE = """
from menagerie.sandbox.server import serve
from menagerie.sandbox.universe import drawn_universe
from menagerie.sandbox.faults import parse_faults
serve(drawn_universe(4), 0, parse_faults(""), None, lambda url: print(url, flush=True))
print("ended", flush=True)
"""


def test_a_process_serves_until_it_is_told_to_end(sandbox: Client) -> None:
    command = [sys.executable, "-c", SERVE]
    with ended(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as child:
        assert child.stdout is not None
        client = Client(child.stdout.readline().strip(), sandbox.pool)
        assert client.search(text="crow")["total"] == "4"
        child.terminate()
        assert child.stdout.read() == "ended\n"
        child.wait()
    assert child.returncode == 0


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CallError, match=f"received {port}"):
            open_server(drawn_universe(4), port, Faults(), None)


def test_a_connection_is_kept_for_many_requests(sandbox: Client) -> None:
    with socket.create_connection(("127.0.0.1", int(sandbox.base_url.rsplit(":", 1)[1]))) as line:
        for _ in range(3):
            line.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
            assert line.recv(4096).startswith(b"HTTP/1.1 404")


def test_addresses_are_on_the_host_that_was_asked(sandbox: Client) -> None:
    port = sandbox.base_url.rsplit(":", 1)[1]
    by_name = Client(f"http://localhost:{port}", sandbox.pool)
    rows = by_name.rows(text="crow", extras="url_t", per_page=20)
    urls = [row["url_t"] for row in rows if "url_t" in row]
    assert all(url.startswith(f"http://localhost:{port}/") for url in urls)


def test_many_clients_at_once_are_all_served(sandbox: Client) -> None:
    rows = sandbox.rows(text="crow", sort="date-posted-asc", extras="url_t,media", per_page=30)
    urls = [row["url_t"] for row in rows if "url_t" in row] * 6
    with ThreadPoolExecutor(16) as clients:
        replies = list(clients.map(sandbox.get, urls))
    assert {reply.status for reply in replies} <= {200, 302}
    assert all(Image.open(BytesIO(r.data)) for r in replies if r.data.startswith(b"\xff\xd8"))


def test_a_form_that_is_too_large_is_refused(sandbox: Client) -> None:
    url = f"{sandbox.base_url}/services/rest/"
    reply = sandbox.pool.request("POST", url, body=b"", headers={"Content-Length": "9999999999"})
    assert reply.status == 413
