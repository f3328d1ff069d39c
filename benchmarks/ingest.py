"""Measure ingest, from URL to a stored, fingerprinted and tiled photo, beside img2dataset.

    python benchmarks/ingest.py [--photos DIR] [--count 2000] [--rounds 3]

A server in a process of its own sends JPEGs of 1024 x 683 pixels and about 210 KB over loopback:
the photos of DIR brought to that size, or else drawn noise with the spectrum of photos.

- `menagerie`: the library calls of collect and curate, without Prefect: a manifest is read into
  the catalog, photos are fetched, hashed and stored, then decoded, fingerprinted and cut to tiles
  of 224 pixels, all of it recorded;
- `img2dataset` 1.47 in a virtual environment that this script makes: fetched, decoded, cropped and
  resized to 224, written as files again, with 2 processes of 32 threads. It does not hash, store
  what it fetched, or record it in a database.

Seconds of the processor are user and system of each contender with all its processes, from the end
of its first imports on; memory is the largest sum of what its processes hold (PSS).
"""

import argparse
import csv
import importlib.abc
import io
import json
import os
import resource
import socket
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from recipes import INGEST

if TYPE_CHECKING:
    from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SIZE = (1024, 683)
TILE_PX = 224
BODY_BYTES = 210_000
DISTINCT = 400
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
PEER = "img2dataset==1.47.0"

RECIPE = (
    INGEST
    + """
[release]
image_size_px = 224
"""
)


def bodies(photos: Path | None) -> list[bytes]:
    """Make JPEGs of the size of Flickr's large rendition, each about 210 KB."""
    # The environment of the peer has no Pillow.
    from PIL import Image, ImageOps

    files = sorted(photos.rglob("*.jpg"))[:DISTINCT] if photos else []
    made = []
    for number in range(len(files) or DISTINCT // 4):
        if files:
            with Image.open(files[number]) as image:
                picture = ImageOps.fit(image.convert("RGB"), SIZE, Image.Resampling.LANCZOS)
        else:
            picture = _drawn(number)
        made.append(_encoded(picture))
    return made


def _drawn(seed: int) -> "Image.Image":
    """Draw noise whose amplitude falls with frequency, as that of photos does."""
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(seed).normal(size=(3, SIZE[1], SIZE[0]))
    rows, columns = np.fft.fftfreq(SIZE[1])[:, None], np.fft.rfftfreq(SIZE[0])[None]
    falling = 1 / np.maximum(np.hypot(rows, columns), 1 / SIZE[0])
    values = np.fft.irfft2(np.fft.rfft2(noise) * falling, s=(SIZE[1], SIZE[0]))
    values[1:] = values[0] + 0.3 * values[1:]
    values = 128 + 50 * (values - values.mean()) / values.std()
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8).transpose(1, 2, 0))


def _encoded(picture: "Image.Image") -> bytes:
    best = b""
    for quality in (70, 80, 85, 90, 93, 95):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if abs(len(out.getvalue()) - BODY_BYTES) < abs(len(best) - BODY_BYTES):
            best = out.getvalue()
    return best


def serve(folder: Path) -> None:
    """Answer `GET /<number>.jpg` for ever, each number with bytes of its own; print the port."""
    files = [file.read_bytes() for file in sorted(folder.glob("*.jpg"))]

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            asked = b""
            while more := self.request.recv(65536):
                asked += more
                # As little as serves both: what it takes is missing to whom it serves.
                while b"\r\n\r\n" in asked:
                    head, _, asked = asked.partition(b"\r\n\r\n")
                    number = int(head.split(b"/", 2)[1].partition(b".jpg")[0])
                    photo = files[number % len(files)]
                    # A comment segment after the start of the image makes the bytes unique.
                    start = b"\xff\xd8\xff\xfe\x00\x0a%08d" % number
                    size = len(start) + len(photo) - 2
                    self.request.sendall(_HEAD % size + start)
                    self.request.sendall(memoryview(photo)[2:])

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 256

    with Server(("127.0.0.1", 0), Answer) as server:
        print(server.server_address[1], flush=True)  # noqa: T201
        server.serve_forever()


class _WithoutPandas(importlib.abc.MetaPathFinder):
    """Hides pandas: PyArrow imports it if it is there, as it is for the tests alone."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(name)


def menagerie_client(port: int, count: int, folder: Path) -> Callable[[], int]:
    """Prepare the library calls of collect and curate."""
    sys.path.insert(0, str(ROOT))
    sys.meta_path.insert(0, _WithoutPandas())
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["id", "url", "label", "license", "owner"])
        for n in range(count):
            url = f"http://127.0.0.1:{port}/{n}.jpg"
            rows.writerow([n, url, ("one", "two")[n % 2], "cc-by-4.0", f"owner{n}"])
    os.environ.update(
        MENAGERIE_HOME=str(folder / "home"),
        MENAGERIE_DATASETS=str(folder / "datasets"),
        MENAGERIE_PHOTO_HOSTS=f"127.0.0.1:{port}",
    )
    from menagerie.catalog.curation import undecoded
    from menagerie.catalog.photos import claim_dataset
    from menagerie.collection import collect_keyword, download, plan_downloads
    from menagerie.curation.examine import examine
    from menagerie.photos.tiles import tile_spec
    from menagerie.recipe import parse_recipe
    from menagerie.workshop import open_workshop

    recipe = parse_recipe(RECIPE.format(path=json.dumps(str(manifest))), "the benchmark")

    def work() -> int:
        with open_workshop() as shop:
            source = shop.source(recipe)
            claim_dataset(shop.catalog, recipe.name, source.name)
            for label, keyword in recipe.searches:
                collect_keyword(shop.catalog, source, recipe, label, keyword)
            for batch in plan_downloads(shop.catalog, recipe):
                download(shop.catalog, source, recipe, batch.keys)
            files = undecoded(shop.catalog, recipe.name, tile_spec(recipe.release))
            lots = [files[start : start + 256] for start in range(0, len(files), 256)]
            return sum(examine(shop.catalog, shop.decoder, lot, recipe.release) for lot in lots)

    return work


def img2dataset_client(port: int, count: int, folder: Path) -> Callable[[], int]:
    """Prepare img2dataset."""
    urls = folder / "urls.txt"
    urls.write_text("".join(f"http://127.0.0.1:{port}/{n}.jpg\n" for n in range(count)))
    from img2dataset import download  # type: ignore[import-not-found]

    def work() -> int:
        download(
            url_list=str(urls),
            input_format="txt",
            output_folder=str(folder / "out"),
            output_format="files",
            image_size=TILE_PX,
            resize_mode="center_crop",
            processes_count=2,
            thread_count=32,
            number_sample_per_shard=max(1, count // 4),
        )
        return len(list((folder / "out").rglob("*.jpg")))

    return work


CLIENTS = {"menagerie": menagerie_client, "img2dataset": img2dataset_client}


def measure(name: str, port: int, count: int, folder: Path) -> None:
    """Run one contender in this process and print its figures."""
    work = CLIENTS[name](port, count, folder)
    before, started = _seconds(), time.perf_counter()
    done = work()
    wall, spent = time.perf_counter() - started, _seconds() - before
    if done != count:
        raise SystemExit(f"{name} brought {done} of {count} photos.")
    sys.stderr.flush()
    print("figures", json.dumps({"rate": count / wall, "cpu": spent * 1000 / count}))  # noqa: T201


def _seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    command = [sys.executable, __file__, "--serve", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _peer(folder: Path) -> str:
    """Make a virtual environment with img2dataset and return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
    return python


def _run(python: str, name: str, port: int, count: int, folder: Path) -> dict[str, float]:
    folder.mkdir()
    command = [python, __file__, "--client", name, "--port", str(port)]
    command += ["--count", str(count), "--folder", str(folder)]
    peaks = [0.0]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, ended, peaks))
        watcher.start()
        out, errors = process.communicate()
        ended.set()
        watcher.join()
    told = [line for line in out.decode().splitlines() if line.startswith("figures ")]
    if not told:
        raise SystemExit(f"{name} failed:\n{errors.decode()[-2000:]}")
    return {**json.loads(told[-1].removeprefix("figures ")), "memory": max(peaks)}


def _watch(pid: int, ended: threading.Event, peaks: list[float]) -> None:
    """Note what a process and all its descendants hold, in MB, as long as it runs."""
    while not ended.wait(0.25):
        total, waiting = 0, [pid]
        while waiting:
            one = waiting.pop()
            try:
                for task in Path(f"/proc/{one}/task").iterdir():
                    waiting += [int(child) for child in (task / "children").read_text().split()]
                rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
                total += int(rollup.partition("\nPss:")[2].split()[0])
            except (OSError, IndexError, ValueError):
                continue  # It has just ended.
        peaks.append(total / 1024)


def compare(photos: Path | None, count: int, rounds: int) -> None:
    """Run the contenders in turn and print a table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bodies").mkdir()
        made = bodies(photos)
        for number, body in enumerate(made):
            (folder / "bodies" / f"{number:04}.jpg").write_bytes(body)
        pythons = {"menagerie": sys.executable, "img2dataset": _peer(folder / "peer")}
        runs: dict[str, list[dict[str, float]]] = {client: [] for client in CLIENTS}
        with _server(folder / "bodies") as port:
            for number in range(rounds):
                for client, python in pythons.items():
                    where = folder / f"{client}-{number}"
                    runs[client].append(_run(python, client, port, count, where))
        _show(runs, statistics.mean(len(body) for body in made))


def _show(runs: dict[str, list[dict[str, float]]], mean_bytes: float) -> None:
    lines = [
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {mean_bytes:,.0f} bytes a photo,"
        " medians (best)",
        "",
        "| client | photos/s | CPU s / 1,000 | MB |",
        "|---|--:|--:|--:|",
    ]
    middle = {
        name: {key: statistics.median(run[key] for run in measured) for key in measured[0]}
        for name, measured in runs.items()
    }
    for name, figures in middle.items():
        best = min(run["cpu"] for run in runs[name]), max(run["rate"] for run in runs[name])
        lines.append(
            f"| {name} | {figures['rate']:.0f} ({best[1]:.0f}) | {figures['cpu']:.2f}"
            f" ({best[0]:.2f}) | {figures['memory']:.0f} |"
        )
    ours, peer = middle["menagerie"], middle["img2dataset"]
    lines += [
        "",
        f"menagerie / img2dataset: CPU {ours['cpu'] / peer['cpu']:.2f},"
        f" photos/s {ours['rate'] / peer['rate']:.2f}",
    ]
    print("\n".join(lines))  # noqa: T201


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--photos", type=Path, help="a folder of photos")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
    elif asked.client:
        measure(asked.client, asked.port, asked.count, asked.folder)
    else:
        compare(asked.photos, asked.count, asked.rounds)


if __name__ == "__main__":
    main()
