"""How long it takes to judge a large dataset afresh, and how much memory that needs.

A catalog is filled with made-up photos and their fingerprints, one in twenty of them a
near-duplicate of another; there are no files at all. It is judged as on one machine, again
after a change of the recipe, and as on a cluster: what the flow's process does, and what the
workers do, a part each.

Usage: python benchmarks/judging.py PHOTOS
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.curation import Decoded, record_decoded
from menagerie.catalog.database import Catalog, upsert
from menagerie.catalog.photos import claim_dataset, record_rows
from menagerie.catalog.tables import files
from menagerie.curation.comparing import compare, judge_compared, plan_comparing
from menagerie.curation.variants import WHOLE, variant_hashes
from menagerie.curation.verdicts import Judging, judge_dataset
from menagerie.cycles import look_less_often
from menagerie.photos.fingerprint import THUMB_PX, Fingerprint
from menagerie.photos.row import PhotoRow, Rendition
from menagerie.recipe import Recipe, parse_recipe, template
from menagerie.workshop import open_workshop

LOT = 10_000
COPIES = 20
SOURCE = "made-up"


def cpu_seconds() -> float:
    """Tell how long this process has computed: user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> int:
    """Tell how much memory this process has ever needed."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def draw_thumbs(count: int, chance: np.random.Generator) -> NDArray[np.uint8]:
    """Draw grey pictures, uint8 (count, 32, 32), with more in the coarse than in the fine."""
    step = np.arange(THUMB_PX)
    waves = np.cos(np.pi * step[:, None] * (2 * step + 1) / (2 * THUMB_PX))
    strengths = chance.normal(size=(count, THUMB_PX, THUMB_PX)) / (1 + step[:, None] + step)
    grey = waves.T @ strengths @ waves
    grey *= 50 / grey.std(axis=(1, 2), keepdims=True)
    thumbs = np.clip(128 + grey, 0, 255).astype(np.uint8)
    thumbs[::COPIES] = np.clip(thumbs[1::COPIES].astype(np.int64) + 9, 0, 255)
    return thumbs


def photos(start: int) -> Iterator[PhotoRow]:
    """Make up the records of a lot of photos."""
    for number in range(start, start + LOT):
        yield PhotoRow(
            photo_id=str(number),
            owner=f"{number // 5}@N00",
            owner_name="somebody",
            title=f"photo {number}",
            license="cc-by-2.0",
            tags="crow bird black park",
            media="photo",
            uploaded_at=1_400_000_000 + number,
            taken_at="",
            page_url="",
            renditions=(Rendition("m", f"https://example.org/{number}.jpg", 240, 160),),
        )


def fingerprints(start: int, chance: np.random.Generator) -> list[Decoded]:
    """Make up the fingerprints of a lot of photos."""
    thumbs = draw_thumbs(LOT, chance)
    hashes = variant_hashes(thumbs, (WHOLE,))[0].tolist()
    sharpness = chance.uniform(0.05, 1.0, LOT).tolist()
    return [
        Decoded(
            f"{start + n:064x}",
            Fingerprint(
                width=240,
                height=160,
                format="JPEG",
                phash=hashes[n],
                dhash=0,
                thumb=thumbs[n].tobytes(),
                brightness=0.5,
                contrast=0.2,
                sharpness=sharpness[n],
                entropy=7.0,
                colorfulness=0.2,
                text_likeness=0.1,
            ),
        )
        for n in range(LOT)
    ]


def fill(catalog: Catalog, recipe: Recipe, count: int) -> None:
    """Fill a catalog as if that many photos had been found, fetched and decoded."""
    chance = np.random.default_rng(29)
    claim_dataset(catalog, recipe.name, SOURCE)
    for start in range(0, count, LOT):
        record_rows(catalog, SOURCE, recipe.name, "crow", "crow", list(photos(start)))
        with catalog.begin() as connection:
            upsert(connection, files, list(stored(start)), [])
        record_decoded(catalog, fingerprints(start, chance), "none", "", [])


def stored(start: int) -> Iterator[dict[str, Any]]:
    """Make up what is recorded of a lot of stored files."""
    for number in range(start, start + LOT):
        # A catalog's first photo has the key 1.
        yield {
            "photo_key": number + 1,
            "sha256": f"{number:064x}",
            "fetched_at": 0,
            "attempts": 1,
            "tries": 1,
        }


def main(arguments: Sequence[str]) -> None:
    """Let another process fill a catalog, and judge it."""
    # As commands do.
    look_less_often()
    recipe = parse_recipe(template("bench", "Bench", [("crow", ["crow"]), ("boar", ["boar"])]), "")
    if arguments[0] == "--fill":
        with open_workshop() as shop:
            fill(shop.catalog, recipe, int(arguments[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MENAGERIE_HOME"] = f"{folder}/home"
        # What filling needs must not count as what judging needs.
        subprocess.run([sys.executable, __file__, "--fill", arguments[0]], check=True)
        judge_twice(recipe)
        judge_in_parts(recipe)


def judge_twice(recipe: Recipe) -> None:
    """Judge the dataset of a filled catalog, and again after a change of the recipe."""
    curation = recipe.curation.model_copy(update={"min_sharpness": 0.2})
    with open_workshop() as shop:
        before = peak_mb()
        for asked in (recipe, recipe.model_copy(update={"curation": curation})):
            began = cpu_seconds()
            judged = judge_dataset(shop.catalog, asked)
            print(  # noqa: T201
                f"{judged:,} photos judged in {cpu_seconds() - began:.1f} CPU s;"
                f" {peak_mb()} MB at most, {before} MB at the start"
            )


def judge_in_parts(recipe: Recipe) -> None:
    """Judge the dataset as a cluster does."""
    spent = [cpu_seconds()]
    with open_workshop() as shop:
        root = shop.settings.blocks_root
        judging = Judging(shop.catalog, recipe)
        parts = plan_comparing(judging, root, recipe)
        spent.append(cpu_seconds())
        for part in parts:
            compare(shop.catalog, root, recipe, part)
            spent.append(cpu_seconds())
        judge_compared(shop.catalog, judging, root, recipe, parts)
        spent.append(cpu_seconds())
    first, *each, last = (f"{after - before:.1f}" for before, after in pairwise(spent))
    print(  # noqa: T201
        f"in parts: {first} CPU s to read, {', '.join(each)} for the parts, {last} for the verdicts"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
