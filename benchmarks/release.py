"""What it costs to publish a release from tiles: time, memory, and copying the same bytes beside.

A catalog is filled with made-up photos that are fetched, decoded and accepted, and blocks with
tiles of noise; there are no photo files. Then a release is published, one per cent of new photos
is added and another one published, each by a process of its own. Beside them `cp` copies the
arrays, and the search for leaks is timed alone, which is most of the rest.

Usage: python benchmarks/release.py [--photos 100000] [--size 64] [--folder DIR]
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from judging import LOT, fingerprints, photos, stored
from sqlalchemy import select

from menagerie.catalog.curation import record_decoded
from menagerie.catalog.database import Catalog, upsert
from menagerie.catalog.judged import JudgedPhotos
from menagerie.catalog.photos import claim_dataset, record_rows
from menagerie.catalog.tables import files, tiles, verdicts
from menagerie.catalog.tables import photos as table
from menagerie.curation.reasons import Reason
from menagerie.photos.tiles import TileStore, tile_spec
from menagerie.recipe import Recipe, parse_recipe, template
from menagerie.release.arrays import write_images
from menagerie.release.contents import choose
from menagerie.release.origin import origin_of
from menagerie.release.proof import search
from menagerie.release.publish import publish_release
from menagerie.release.tables import write_tables
from menagerie.workshop import open_workshop

SOURCE = "made-up"
LABELS = ("monkey", "boar", "crow")
BLOCK_ROWS = 200


def recipe_of(size_px: int) -> Recipe:
    """Return a recipe of three classes."""
    recipe = parse_recipe(template("bench", "Bench", [(name, [name]) for name in LABELS]), "")
    release = recipe.release.model_copy(update={"image_size_px": size_px})
    return recipe.model_copy(update={"release": release})


def fill(catalog: Catalog, recipe: Recipe, home: Path, start: int, count: int) -> None:
    """Fill a catalog as if that many photos had been found, fetched, decoded and accepted."""
    chance = np.random.default_rng(start)
    claim_dataset(catalog, recipe.name, SOURCE)
    for first in range(start, start + count, LOT):
        size = min(LOT, start + count - first)
        rows = list(photos(first))[:size]
        for number, label in enumerate(LABELS):
            record_rows(catalog, SOURCE, recipe.name, label, label, rows[number::3])
        with catalog.begin() as connection:
            made_up = select(table.c.photo_id, table.c.key).where(table.c.source == SOURCE)
            keys = {row.photo_id: row.key for row in connection.execute(made_up)}
            held = zip(stored(first), rows, strict=False)
            upsert(
                connection,
                files,
                [{**file, "photo_key": keys[row.photo_id]} for file, row in held],
                [],
            )
            accepted = [
                {
                    "dataset": recipe.name,
                    "photo_key": keys[row.photo_id],
                    "reason": Reason.ACCEPTED.value,
                    "group_key": keys[row.photo_id],
                }
                for row in rows
            ]
            upsert(connection, verdicts, accepted, [])
        record_decoded(catalog, fingerprints(first, chance)[:size], "none", "", [])
        _write_tiles(catalog, recipe, home, first, size, chance)


def _write_tiles(
    catalog: Catalog, recipe: Recipe, home: Path, first: int, size: int, chance: np.random.Generator
) -> None:
    spec, edge = tile_spec(recipe.release), recipe.release.image_size_px
    store = TileStore(home, spec)
    for start in range(first, first + size, BLOCK_ROWS):
        sha256s = [f"{n:064x}" for n in range(start, min(start + BLOCK_ROWS, first + size))]
        noise = chance.integers(0, 256, (len(sha256s), edge, edge, 3), dtype=np.uint8)
        block = store.write(sha256s, noise)
        rows = [
            {"sha256": sha256, "spec": spec, "block": block, "row": row}
            for row, sha256 in enumerate(sha256s)
        ]
        with catalog.begin() as connection:
            upsert(connection, tiles, rows, [])


def measured(work: Any) -> dict[str, float]:
    """Tell what a call needs: seconds, CPU seconds, and the peak of this process in MB."""
    began, before = time.perf_counter(), time.process_time()
    work()
    return {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - before,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def child(arguments: argparse.Namespace) -> None:
    """Do one step in this process and print what it needed."""
    recipe, home = recipe_of(arguments.size), Path(os.environ["MENAGERIE_HOME"])
    dataset = home / "datasets/bench"
    with open_workshop() as shop:
        if arguments.step == "fill":
            fill(shop.catalog, recipe, home, arguments.start, arguments.photos)
        elif arguments.step == "publish":
            done = measured(lambda: publish_release(shop.catalog, recipe, dataset, home))
            sys.stdout.write(json.dumps(done))
        elif arguments.step == "arrays":
            sys.stdout.write(json.dumps(_copying(shop.catalog, recipe, home)))
        else:
            done = measured(lambda: search(dataset / "current", recipe, shop.catalog))
            sys.stdout.write(json.dumps(done))


def _copying(catalog: Catalog, recipe: Recipe, home: Path) -> dict[str, float]:
    """Tell what it takes to write and flush the arrays of both splits alone, from tiles."""
    spec = tile_spec(recipe.release)
    folder = home / "arrays"
    folder.mkdir()
    with catalog.begin() as connection:
        judged = JudgedPhotos(connection, recipe, spec, SOURCE)
        contents = choose(judged.candidates(), recipe, SOURCE)
        places = write_tables(folder, contents, judged, origin_of(recipe))

    def write() -> None:
        for split, there in places.items():
            path = folder / f"x_{split}.npy"
            write_images(path, there, TileStore(home, spec), recipe.release.image_size_px)
            with path.open("rb") as file:
                os.fsync(file.fileno())

    done = measured(write)
    shutil.rmtree(folder)
    return done


def step(name: str, photos: int, size: int, start: int = 0) -> dict[str, float]:
    """Let a process of its own do one step."""
    command = [sys.executable, __file__, "--step", name, "--photos", str(photos)]
    command += ["--size", str(size), "--start", str(start)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout)) if name != "fill" else {}


def copied(release: Path, to: Path) -> dict[str, float]:
    """Let `cp` copy the arrays of a release, and flush them as a release is flushed."""
    to.mkdir()
    arrays = sorted(map(str, release.glob("*.npy")))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(["cp", *arrays, str(to)], check=True)
    subprocess.run(["sync", *map(str, to.iterdir())], check=True)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(to)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu, "mb": 0.0}


def main() -> None:
    """Fill, publish, add, publish, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None, help="a disk with room for it")
    parser.add_argument("--step", choices=["fill", "publish", "arrays", "proof"])
    arguments = parser.parse_args()
    if arguments.step:
        child(arguments)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        os.environ["MENAGERIE_HOME"] = f"{folder}/home"
        count, size = arguments.photos, arguments.size
        current = Path(folder) / "home/datasets/bench/current"
        step("fill", count, size)
        rows = {"publish": step("publish", count, size)}
        rows["cp of the arrays, flushed"] = copied(current.resolve(), Path(folder) / "copy")
        rows["writing them from tiles, flushed"] = step("arrays", count, size)
        rows["the search for leaks in it"] = step("proof", count, size)
        rows["publish again, nothing new"] = step("publish", count, size)
        step("fill", count // 100, size, count)
        rows["publish, 1 % new"] = step("publish", count, size)
    lines = [f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {count:,} photos, {size} px"]
    lines += ["", "| step | seconds | CPU seconds | peak MB |", "|---|--:|--:|--:|"]
    lines += [
        f"| {name} | {row['seconds']:.1f} | {row['cpu']:.1f} | {row['mb']:.0f} |"
        for name, row in rows.items()
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
