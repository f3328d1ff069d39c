"""Measure the download stage side by side with what anybody would write first.

    python benchmarks/download.py [--photos 3000] [--rounds 3] [--folder DIR]

A server in a process of its own sends pseudo-random bodies of 210 KB over loopback. Each contender
is one process that fetches them all, takes their SHA-256 and stores them under it:

- `menagerie`: `Fetcher` with its rules, its pace and its store;
- `requests`: requests, 16 threads, hashlib, a temporary file and a rename;
- `bare`: http.client, 16 threads, hashlib, a file: no rules at all, to see how far down it goes;
- `disk`: files of as many bytes, written one after the other and renamed: no HTTP, no hash. What
  this alone takes is the machine's; it is most of what a client can take where fresh pages of the
  file cache are dear, as in virtual machines.

Seconds of the processor are those of the client alone, user and system, without its imports. All
files are removed at the end and not between: ext4 searches long for an inode that was not
used in the last minutes, which would be charged to the next contender. A folder in memory, such as
/dev/shm, leaves the disk's file system out of the comparison.
"""

import argparse
import hashlib
import http.client
import json
import os
import random
import resource
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BODY_BYTES = 210_000
CONNECTIONS = 16
_POOL_BYTES = 64 * 2**20
_STEP = 4099
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nCache-Control: max-age=31536000\r\n"
    b'ETag: "6f38049c08670c05cf14fc02d1fbcc84"\r\nContent-Length: %d\r\n\r\n' % BODY_BYTES
)


def serve(folder: Path) -> None:
    """Answer `GET /<number>` with the body of that number for ever; print the port first."""
    pool = folder / "bodies"
    # Any bytes will do that do not compress and are the same each time.
    pool.write_bytes(random.Random(29).randbytes(_POOL_BYTES))  # noqa: S311
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    listener.setblocking(False)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    print(listener.getsockname()[1], flush=True)  # noqa: T201
    with pool.open("rb") as bodies:
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    client, _ = listener.accept()
                    client.setblocking(False)
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    selector.register(client, selectors.EVENT_READ, _Sending())
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    _serve_one(selector, key.fileobj, key.data, bodies.fileno())


class _Sending:
    """What of a body is still to be sent on a connection."""

    start = left = 0


def _serve_one(
    selector: selectors.BaseSelector, client: socket.socket, sending: _Sending, bodies: int
) -> None:
    try:
        if not sending.left:
            request = client.recv(65536)
            if not request:
                raise ConnectionError
            number = int(request.split(b" ", 2)[1].strip(b"/").removesuffix(b".jpg"))
            sending.start = number * _STEP % (_POOL_BYTES - BODY_BYTES)
            sending.left = BODY_BYTES
            client.send(_HEAD, socket.MSG_MORE)
        while sending.left:
            sent = os.sendfile(client.fileno(), bodies, sending.start, sending.left)
            sending.start += sent
            sending.left -= sent
        selector.modify(client, selectors.EVENT_READ, sending)
    except BlockingIOError:
        selector.modify(client, selectors.EVENT_WRITE, sending)
    except ConnectionError:
        selector.unregister(client)
        client.close()


def menagerie_client(port: int, photos: int, folder: Path) -> Callable[[], int]:
    """Prepare the project's own fetcher."""
    from menagerie.flickr.parsers import Rendition
    from menagerie.photos.fetch import Fetcher, Wanted
    from menagerie.photos.store import PhotoStore

    scratch = folder / "unfinished"
    scratch.mkdir()
    fetcher = Fetcher(f"127.0.0.1:{port}", PhotoStore(str(folder / "photos")), scratch)
    wanted = (
        Wanted(n, (Rendition("l", f"http://127.0.0.1:{port}/{n}.jpg", 1024, 683),))
        for n in range(photos)
    )
    return lambda: sum(r.sha256 is not None for lot in fetcher.fetch_all(wanted) for r in lot)


def requests_client(port: int, photos: int, folder: Path) -> Callable[[], int]:
    """Prepare requests with threads."""
    import requests

    local = threading.local()

    def fetch(number: int) -> int:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        file, digest = folder / f"{number}.part", hashlib.sha256()
        url = f"http://127.0.0.1:{port}/{number}.jpg"
        with local.session.get(url, stream=True, timeout=20) as answer, file.open("wb") as out:
            answer.raise_for_status()
            for chunk in answer.iter_content(64 * 1024):
                digest.update(chunk)
                out.write(chunk)
        target = folder / digest.hexdigest()[:2] / digest.hexdigest()
        target.parent.mkdir(exist_ok=True)
        file.rename(target)
        return 1

    return lambda: _with_threads(fetch, photos)


def bare_client(port: int, photos: int, folder: Path) -> Callable[[], int]:
    """Prepare http.client with threads and nothing else."""
    local = threading.local()

    def fetch(number: int) -> int:
        if not hasattr(local, "line"):
            local.line = http.client.HTTPConnection("127.0.0.1", port)
        local.line.request("GET", f"/{number}.jpg")
        body = local.line.getresponse().read()
        (folder / hashlib.sha256(body).hexdigest()).write_bytes(body)
        return 1

    return lambda: _with_threads(fetch, photos)


def disk_client(_port: int, photos: int, folder: Path) -> Callable[[], int]:
    """Prepare to write the files and nothing else."""
    body, file = random.Random(29).randbytes(BODY_BYTES), folder / "part"  # noqa: S311

    def work() -> int:
        for number in range(photos):
            file.write_bytes(body)
            file.rename(folder / str(number))
        return photos

    return work


def _with_threads(fetch: Callable[[int], int], photos: int) -> int:
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        return sum(threads.map(fetch, range(photos)))


CLIENTS = {
    "menagerie": menagerie_client,
    "requests": requests_client,
    "bare": bare_client,
    "disk": disk_client,
}


def measure(name: str, port: int, photos: int, folder: Path) -> None:
    """Run one contender in this process and print what it took."""
    work = CLIENTS[name](port, photos, folder)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    done = work()
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    if done != photos:
        raise SystemExit(f"{name} fetched {done} of {photos} photos.")
    figures = {
        "rate": photos / seconds,
        "user": (after.ru_utime - before.ru_utime) * 1000 / photos,
        "system": (after.ru_stime - before.ru_stime) * 1000 / photos,
        "memory": after.ru_maxrss / 1024,
    }
    print(json.dumps(figures))  # noqa: T201


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    command = [sys.executable, __file__, "--serve", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def compare(photos: int, rounds: int, parent: Path | None) -> None:
    """Run the contenders in turn, each round in another order, and print a table."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CLIENTS}
    with tempfile.TemporaryDirectory(dir=parent) as name, _server(Path(name)) as port:
        for number in range(rounds):
            order = list(CLIENTS)[number % len(CLIENTS) :] + list(CLIENTS)[: number % len(CLIENTS)]
            for client in order:
                folder = Path(name) / f"{client}-{number}"
                folder.mkdir()
                command = [sys.executable, __file__, "--client", client, "--port", str(port)]
                command += ["--photos", str(photos), "--folder", str(folder)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
                runs[client].append(json.loads(done.stdout))
    _show(runs)


def _show(runs: dict[str, list[dict[str, float]]]) -> None:
    load = os.getloadavg()[0]
    lines = [
        f"{os.cpu_count()} cores, load {load:.1f}, {BODY_BYTES:,} bytes a photo, medians (best)",
        "",
        "| client | photos/s | CPU s / 1,000 | user | system | MB |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    cost: dict[str, float] = {}
    for name, measured in runs.items():
        totals = [run["user"] + run["system"] for run in measured]
        cost[name] = statistics.median(totals)
        middle = {key: statistics.median(run[key] for run in measured) for key in measured[0]}
        fastest = max(run["rate"] for run in measured)
        lines.append(
            f"| {name} | {middle['rate']:.0f} ({fastest:.0f}) | {cost[name]:.2f}"
            f" ({min(totals):.2f}) | {middle['user']:.2f} | {middle['system']:.2f}"
            f" | {middle['memory']:.0f} |"
        )
    ratio = cost["menagerie"] / cost["requests"]
    lines += ["", f"CPU of menagerie / requests: {ratio:.2f}"]
    print("\n".join(lines))  # noqa: T201


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--photos", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.folder)
    elif asked.client:
        measure(asked.client, asked.port, asked.photos, asked.folder)
    else:
        compare(asked.photos, asked.rounds, asked.folder)


if __name__ == "__main__":
    # The project's own code, wherever this is run from.
    sys.path.insert(0, str(ROOT))
    main()
