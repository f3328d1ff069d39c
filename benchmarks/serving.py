"""What the prediction API bears: one client at a time against many at once, on real HTTP.

    python benchmarks/serving.py --photos FOLDER [--clients 64] [--seconds 30] [--rounds 2]
        [--swap]

Starts `menagerie web` with a model of the `cnn` network of random weights, which changes no time,
and sends it JPEGs of the folder, each client one photo after the other over one connection. Prints
photos a second, medians and 99th percentiles in milliseconds, the processor time a photo of the
server, its decoders and the clients, the server's memory before and after, and the ratio of many
clients to one. `--swap` promotes another model in the middle of the last run. The load is that of
the machine.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clients import Load
from prediction import model_folder

from menagerie.learning.folder import FILES, promote

WARM_SECONDS = 3.0
# What no answer holds that is an error.
MARK = b'"probabilities":{"'


def main() -> None:
    """Print a line for one client and one for many, in turns, and the median ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--swap", action="store_true")
    options = parser.parse_args()
    photos = [file.read_bytes() for file in sorted(options.photos.rglob("*.jpg"))[:200]]
    if not photos:
        sys.exit(f"There are no JPEGs in {options.photos}.")
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (port, pid):
        load = Load(port, [request(photo) for photo in photos], MARK)
        load.run(4, WARM_SECONDS)
        ratios = []
        for number in range(options.rounds):
            alone = report("one client", pid, load, 1, options.seconds)
            if options.swap and number == options.rounds - 1:
                later = threading.Timer(options.seconds / 2, swap, [Path(folder)])
                later.start()
            # What threads take once is taken in the first round: later it would grow for ever.
            name = f"{options.clients} clients"
            ratios.append(report(name, pid, load, options.clients, options.seconds) / alone)
        sys.stdout.write(
            f"{statistics.median(ratios):.1f} x the photos/s of one client"
            f" ({', '.join(f'{ratio:.1f}' for ratio in ratios)}); load {os.getloadavg()[0]:.1f}\n"
        )


def request(photo: bytes) -> bytes:
    """Return the bytes that ask about a photo."""
    head = (
        "POST /api/v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
        f"Content-Length: {len(photo)}\r\n\r\n"
    )
    return head.encode() + photo


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """Run `menagerie web` over a folder with one dataset; yields its port and process id."""
    for name in ("first", "second"):
        made = folder / "datasets" / "animals" / "models" / name
        made.mkdir(parents=True)
        model_folder(made, "cnn", name)
        for file in FILES:
            (made / file).touch()
    promote(folder / "datasets" / "animals", "first")
    environment = {
        **os.environ,
        "MENAGERIE_HOME": str(folder / "home"),
        "MENAGERIE_DATASETS": str(folder / "datasets"),
    }
    command = [sys.executable, "-m", "menagerie", "web", "--port", "0"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().rpartition(":")[2])
        while ask(port, "/readyz") != 200:
            time.sleep(0.2)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait()


def ask(port: int, path: str) -> int:
    """Return the status of a GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def swap(folder: Path) -> None:
    """Make the second model the champion."""
    promote(folder / "datasets" / "animals", "second")


def report(name: str, pid: int, load: Load, clients: int, seconds: float) -> float:
    """Run and print a line; return photos a second."""
    cpu, memory, began = processor_seconds(pid), resident_mb(pid), time.perf_counter()
    measured = load.run(clients, seconds)
    took = time.perf_counter() - began
    cpu, grown = processor_seconds(pid) - cpu, resident_mb(pid)
    count = len(measured.seconds)
    late = statistics.quantiles(measured.seconds, n=100)[98]
    sys.stdout.write(
        f"{name:11} {count / took:6.1f} photos/s; median"
        f" {1000 * statistics.median(measured.seconds):6.1f} ms, p99 {1000 * late:6.1f} ms;"
        f" CPU ms a photo: server {1000 * cpu / count:4.2f},"
        f" clients {1000 * measured.cpu_seconds / count:4.2f};"
        f" {len(measured.faults)} errors; memory {memory:.0f} -> {grown:.0f} MB\n"
    )
    for fault in measured.faults[:3]:
        sys.stdout.write(f"  {fault}\n")
    sys.stdout.flush()
    return count / took


def family(pid: int) -> list[int]:
    """Return a process and its children."""
    children = [
        int(child)
        for file in Path(f"/proc/{pid}/task").glob("*/children")
        for child in file.read_text().split()
    ]
    return [pid, *children]


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process and its children took so far."""
    ticks = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Return the memory of a process and its children."""
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
