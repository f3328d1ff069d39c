"""Ingest with one Dask worker and with two: photos in a bucket, the catalog on PostgreSQL.

    python benchmarks/cluster.py [--count 5000] [--latency 1.0]

A photo host on loopback answers each request after a while, so that waiting, and not the
processors of this machine, is what limits a worker, as it is with a host on the Internet. Servers
and workers are processes of this machine; each worker has a home of its own. Prints the seconds
from the first photo that was recorded to the last one.
"""

import argparse
import csv
import io
import json
import os
import resource
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
from PIL import Image
from recipes import INGEST
from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.catalogs import Catalogs  # noqa: E402
from tests.cluster import dask_cluster, object_store  # noqa: E402
from tests.postgresql import running_server  # noqa: E402


@contextmanager
def slow_host(latency_seconds: float) -> Iterator[int]:
    """Serve small photos, each with bytes of its own and after a while; yields the port."""
    out = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((320, 240)).save(out, "JPEG")
    photo = out.getvalue()

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            time.sleep(latency_seconds)
            number = int(self.path.strip("/").removesuffix(".jpg"))
            # A comment segment after the start of the image makes the bytes unique.
            body = b"\xff\xd8\xff\xfe\x00\x0a%08d" % number + photo[2:]
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 256

    with Server(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def prepare(folder: Path, port: int, count: int) -> dict[str, str]:
    """Write the recipe and the table of photos; return the settings of this machine."""
    dataset = folder / "datasets/ingest"
    dataset.mkdir(parents=True)
    with (folder / "manifest.csv").open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["id", "url", "label", "license", "owner"])
        for n in range(count):
            address = f"http://127.0.0.1:{port}/{n}.jpg"
            rows.writerow([n, address, ("one", "two")[n % 2], "cc-by-4.0", f"owner{n}"])
    recipe = INGEST.format(path=json.dumps(str(folder / "manifest.csv")))
    (dataset / "recipe.toml").write_text(recipe)
    return {
        "MENAGERIE_HOME": str(folder / "home"),
        "MENAGERIE_DATASETS": str(folder / "datasets"),
        "MENAGERIE_PHOTO_HOSTS": f"127.0.0.1:{port}",
        "PREFECT_HOME": str(folder / "prefect"),
    }


def stored(url: str) -> int:
    """Count the photos that are recorded as stored; 0 before the first table."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return int(connection.scalar(text("SELECT count(sha256) FROM files")) or 0)
    finally:
        engine.dispose()


def measure(folder: Path, workers: int, count: int, latency_seconds: float) -> dict[str, float]:
    """Collect once with so many workers."""
    folder.mkdir()
    began = _processor_seconds()
    with (
        slow_host(latency_seconds) as port,
        running_server() as server,
        object_store(folder) as store,
    ):
        catalogs = Catalogs(server.url)
        own = prepare(folder, port, count)
        env = {"MENAGERIE_CATALOG_URL": catalogs.of(folder), **store.settings()}
        env["MENAGERIE_PHOTO_HOSTS"] = own["MENAGERIE_PHOTO_HOSTS"]
        with dask_cluster(folder / "dask", f"http://127.0.0.1:{port}", env, workers) as cluster:
            command = subprocess.Popen(
                [sys.executable, "-m", "menagerie", "collect", "ingest"],
                env={**os.environ, **own, **env, "MENAGERIE_RUNNER": cluster.address},
                cwd=folder,
                stdout=subprocess.DEVNULL,
            )
            first, done, at_first = 0.0, 0, 0
            while done < count:
                if command.poll() not in {None, 0}:
                    raise SystemExit(f"The collection failed with status {command.returncode}.")
                time.sleep(0.2)
                done = stored(env["MENAGERIE_CATALOG_URL"])
                if done and not first:
                    first, at_first = time.monotonic(), done
            seconds = time.monotonic() - first
            command.wait()
    rate = (count - at_first) / seconds
    return {"seconds": seconds, "rate": rate, "cpu": _processor_seconds() - began}


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Read the command line, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--latency", type=float, default=1.0, help="seconds before each answer")
    asked = parser.parse_args()
    lines = ["| workers | seconds | photos/s | CPU s |", "|--:|--:|--:|--:|"]
    rates = []
    with tempfile.TemporaryDirectory() as name:
        for workers in (1, 2):
            folder = Path(name) / f"workers-{workers}"
            figures = measure(folder, workers, asked.count, asked.latency)
            rates.append(figures["rate"])
            lines.append(
                f"| {workers} | {figures['seconds']:.0f} | {figures['rate']:.1f}"
                f" | {figures['cpu']:.0f} |"
            )
    print(  # noqa: T201
        f"{asked.count:,} photos, {asked.latency:g} s before each answer, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f}\n"
    )
    print("\n".join(lines))  # noqa: T201
    print(f"\ntwo workers / one: {rates[1] / rates[0]:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
