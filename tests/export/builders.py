"""Releases as `publish` makes them, of drawn samples and of photos with odd ids and titles."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.judged import RULES
from menagerie.curation.reasons import Reason
from menagerie.folders import point
from menagerie.photos.blocks import BlockStore
from menagerie.release.arrays import read_samples, write_images
from menagerie.release.places import Places
from menagerie.release.proof import Leaks
from menagerie.release.publish import write_around, write_class_numbers
from menagerie.release.sealing import put_in_place, seal, unfinished_folder
from menagerie.release.split import SPLITS
from tests.builders import picture, recipe
from tests.release.builders import write_rows

LABELS = ("monkey", "boar", "crow")
SIZE_PX = 16

# Ids as sources of files give them: paths, dots, dates, capitals, letters of anywhere.
ODD_IDS = (
    "../../etc/passwd",
    "/absolute",
    "a/b.c",
    "a-b.c",
    "2015-01-02",
    "2015-01-02 10:00:00",
    "IMG_1.tar.gz",
    "img_1",
    "IMG_1",
    "con",
    "..",
    "Żółć/猿",
    "=1+1",
    "x" * 300,
)


def photo(number: int, photo_id: str, label: str) -> dict[str, Any]:
    """A row of a manifest, with titles and licences of several kinds; every fifth is for test."""
    known = number % 2 == 0
    return {
        "source": "flickr",
        "split": "train" if number % 5 else "test",
        "photo_id": photo_id,
        "label": label,
        "owner": f"{number}@N00" if known else "",
        "owner_name": f"Őwner, {number}" if known else "",
        "title": ("2015-01-02 10:00:00", '=SUM("a")', "", "two\nlines, 猿")[number % 4],
        "license": ("cc-by-2.0", "cc0-1.0", "nobody-knows")[number % 3],
        "page_url": f"https://www.flickr.com/photos/{number}/" if known else "",
        "uploaded_at": 1_500_000_000,
        "taken_at": "2015-01-02 10:00:00",
        "reason": Reason.ACCEPTED.value,
        "decided_by": RULES,
        "sha256": f"{number:064x}",
        "width": 320,
        "height": 240,
    }


def publish(dataset: Path, samples: int = 60, size_px: int = SIZE_PX) -> Path:
    """Publish a release of smooth squares; the odd ids stand first."""
    ids = [*ODD_IDS, *(str(50_000 + n) for n in range(len(ODD_IDS), samples))][:samples]
    rows = [photo(n, photo_id, LABELS[n % 3]) for n, photo_id in enumerate(ids)]
    asked = recipe(release={"image_size_px": size_px, "min_per_class": 2})
    tiles = BlockStore(dataset / "tiles")
    drawn = np.stack([np.asarray(picture(size_px, size_px, seed)) for seed in range(samples)])
    block = tiles.write(ids, drawn)
    with unfinished_folder(dataset / "releases") as folder:
        write_rows(folder, rows)
        for split in SPLITS:
            of_split = (n for n, row in enumerate(rows) if row["split"] == split)
            places = Places.of_block(block, of_split)
            write_images(folder / f"x_{split}.npy", places, tiles, size_px)
        write_class_numbers(folder, asked)
        write_around(folder, asked, {}, Leaks(0, 0, 0))
        made = dataset / "releases" / seal(folder)
        put_in_place(folder, made)
    point(dataset / "current", Path("releases") / made.name)
    (dataset / "recipe.toml").write_text(asked.to_toml(), encoding="utf-8")
    return made


def pixels(release: Path, split: str) -> NDArray[np.uint8]:
    """The samples of a split, uint8 (n, size, size, 3)."""
    return np.array(read_samples(release, split).x)


def numbers(release: Path, split: str) -> list[int]:
    """The class numbers of a split."""
    found: list[int] = read_samples(release, split).y.tolist()
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
