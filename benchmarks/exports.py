"""Measure exports of a release: photos a second, seconds of the processor, memory, bytes.

    python benchmarks/exports.py PHOTOS [--samples 20000] [--size 64] [--rounds 3]

PHOTOS is a folder of photos, sub-folders included. They are cut to samples, each turned and
mirrored to make as many as are asked for; a release is built of them and exported in each format
by a process of its own. Time counts from the first to the last sample, without imports and the
check of the release, which are named apart; memory is the most that the process ever held.

Beside it the same samples as one would write them by hand: Pillow's PNG, a tar of webdataset's
members, in one thread.
"""

import argparse
import csv
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

FORMATS = ("folder", "tfrecord", "webdataset", "huggingface")
BY_HAND = "Pillow and tarfile"
LABELS = ("monkey", "boar", "crow")


def build(dataset: Path, photos: Path, samples: int, size_px: int) -> None:
    """Write a release of as many samples: arrays, tables, credits, checksums."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from menagerie.folders import point
    from menagerie.photos.decode import read_tile
    from menagerie.release.sealing import seal
    from menagerie.release.tables import MANIFEST_SCHEMA

    files = sorted(path for path in photos.rglob("*") if path.suffix in {".jpg", ".png"})[:2500]
    tiles = np.stack([read_tile(path.read_bytes(), size_px, "crop") for path in files])
    variants = [np.rot90(tiles, n, (1, 2))[:, :, ::step] for n in range(4) for step in (1, -1)]
    folder = dataset / "releases/building"
    folder.mkdir(parents=True)
    rows, credited, start = [], [], 0
    for split, held in (("train", samples * 4 // 5), ("test", samples // 5)):
        x = np.lib.format.open_memmap(
            folder / f"x_{split}.npy", "w+", np.uint8, (held, size_px, size_px, 3)
        )
        for row in range(held):
            number = start + row
            x[row] = variants[number // len(tiles) % 8][number % len(tiles)]
            entry = dict.fromkeys(MANIFEST_SCHEMA.names, "")
            entry |= {"split": split, "row": row, "label": LABELS[row % 3]}
            entry |= {"photo_id": str(10**9 + number), "owner": f"{number % 999}@N00"}
            entry |= {"owner_name": f"Somebody {number % 999}", "title": f"a photo {number}"}
            entry |= {"license": "cc-by-2.0", "sha256": f"{number:064x}"}
            entry |= {"page_url": f"https://www.flickr.com/photos/x/{10**9 + number}"}
            rows.append({**entry, "uploaded_at": 0, "width": 320, "height": 240})
            credited.append([entry["photo_id"], "CC BY 2.0", "https://creativecommons.org/"])
        np.save(folder / f"y_{split}.npy", np.arange(held, dtype=np.int64) % 3)
        start += held
    pq.write_table(pa.Table.from_pylist(rows, MANIFEST_SCHEMA), folder / "manifest.parquet")
    with (folder / "CREDITS.csv").open("w", newline="") as out:
        csv.writer(out).writerows([["photo_id", "license", "license_url"], *credited])
    (folder / "classes.json").write_text(json.dumps(LABELS))
    (folder / "README.md").write_text("---\nlicense: other\n---\n\n# Bench\n\n## Files\n\n## End\n")
    (folder / "recipe.toml").write_text(f'[release]\nimage_size_px = {size_px}\nresize = "crop"\n')
    release = dataset / "releases" / seal(folder)
    folder.rename(release)
    point(dataset / "current", Path("releases") / release.name)


def measure(dataset: Path, kind: str, out: Path) -> None:
    """Export in this process and print what it took."""
    from menagerie.export.run import export_release
    from menagerie.export.source import open_source
    from menagerie.progress import unwatched

    began = time.perf_counter()
    source = open_source(dataset, None)
    opened, before = time.perf_counter(), os.times()
    if kind == BY_HAND:
        write_by_hand(dataset / "current", out)
    else:
        export_release(source, kind, out, unwatched)
    after = os.times()
    samples = sum(source.counts.values())
    figures = {
        "rate": samples / (time.perf_counter() - opened),
        "cpu": (after.user + after.system - before.user - before.system) * 1000 / samples,
        "memory": peak_mb(),
        "bytes": sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / samples,
        "check": opened - began,
    }
    print(json.dumps(figures))  # noqa: T201


def peak_mb() -> float:
    """Tell how much this process ever held; `getrusage` counts what its parent held, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def write_by_hand(release: Path, out: Path) -> None:
    """Write tar shards of PNGs as most scripts do."""
    import numpy as np
    from PIL import Image

    out.mkdir()
    for split in ("train", "test"):
        x = np.load(release / f"x_{split}.npy", mmap_mode="r")
        y = np.load(release / f"y_{split}.npy")
        with tarfile.open(out / f"{split}.tar", "w") as tar:
            for row, (tile, number) in enumerate(zip(x, y, strict=True)):
                picture = io.BytesIO()
                Image.fromarray(tile).save(picture, "PNG")
                facts = json.dumps({"row": row, "license": "cc-by-2.0"}).encode()
                members = {"png": picture.getvalue(), "cls": str(number).encode(), "json": facts}
                for ending, content in members.items():
                    member = tarfile.TarInfo(f"{row:09d}.{ending}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))


def compare(photos: Path, samples: int, size_px: int, rounds: int) -> None:
    """Export in each format, round after round, and print the medians."""
    runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in (*FORMATS, BY_HAND)}
    with tempfile.TemporaryDirectory() as folder:
        dataset = Path(folder) / "bench"
        build(dataset, photos, samples, size_px)
        for turn in range(rounds):
            for kind, measured in runs.items():
                out = Path(folder) / f"{kind}-{turn}"
                call = [sys.executable, __file__, str(dataset), "--one", kind, "--out", str(out)]
                done = subprocess.run(call, check=True, capture_output=True, text=True)
                measured.append(json.loads(done.stdout))
                subprocess.run(["rm", "-rf", str(out)], check=True)
    lines = [
        f"{samples:,} samples of {size_px} px, {os.cpu_count()} cores, load"
        f" {os.getloadavg()[0]:.1f}, medians of {rounds}",
        "",
        "| format | photos/s | CPU s / 1,000 | MB | bytes a photo | check s |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for kind, measured in runs.items():
        middle = {key: statistics.median(run[key] for run in measured) for key in measured[0]}
        lines.append(
            f"| {kind} | {middle['rate']:,.0f} | {middle['cpu']:.3f} | {middle['memory']:.0f} |"
            f" {middle['bytes']:,.0f} | {middle['check']:.2f} |"
        )
    print("\n".join(lines))  # noqa: T201


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("photos", type=Path, help="a folder of photos")
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        measure(asked.photos, asked.one, asked.out)
    else:
        compare(asked.photos, asked.samples, asked.size, asked.rounds)


if __name__ == "__main__":
    main()
