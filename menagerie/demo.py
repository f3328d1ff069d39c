"""The demo: the whole job against the sandbox, with no key and no network."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from menagerie.errors import CallError, WorkError
from menagerie.folders import make_folder
from menagerie.lifeline import end_child, start_child
from menagerie.recipe import Recipe, load_recipe, template
from menagerie.release.tables import read_sources

ANIMALS = ("monkey", "boar", "crow")
DRAWN_PHOTOS = 240
"""Drawn photos of each keyword."""

_FAST_PHOTOS = 120
_FAST_EPOCHS = 8
# The sandbox admits any well-formed key; this one is visibly nobody's.
_KEY = "0123456789abcdef" * 2


@contextmanager
def sandbox(photos: Path | None, home: Path) -> Iterator[None]:
    """Run the sandbox meanwhile, and let this process crawl it instead of Flickr.

    Raises:
        WorkError: the sandbox does not start.
    """
    arguments = ["sandbox", "--port", "0", "--with-parent"]
    arguments += ["--photos", str(photos)] if photos else ["--size", str(DRAWN_PHOTOS)]
    child = start_child("menagerie", arguments)
    try:
        assert child.stdout is not None
        ready = re.search(r"http://\S+", child.stdout.readline())
        if ready is None:
            raise WorkError("The sandbox did not start; it says why above.")
        os.environ.update(
            {
                "MENAGERIE_HOME": str(home),
                "MENAGERIE_FLICKR_URL": ready.group(),
                "MENAGERIE_PHOTO_HOSTS": urlsplit(ready.group()).netloc,
                "FLICKR_API_KEY": _KEY,
                "FLICKR_API_SECRET": "",
            }
        )
        yield
    finally:
        end_child(child)


def demo_recipe(photos: Path | None, datasets: Path, *, fast: bool) -> Recipe:
    """Read the recipe of the demo, written first where there is none.

    Photos in folders of other names than the animals' make a dataset named after theirs.

    Raises:
        CallError: the folder of photos is not one with a sub-folder for each class.
    """
    keywords = ANIMALS if photos is None else _keywords(photos)
    name, title = "animals", "Monkey, boar, crow"
    if photos is not None and set(keywords) != set(ANIMALS):
        name, title = _label(photos.resolve().name), photos.resolve().name
    else:
        keywords = ANIMALS
    path = datasets / name / "recipe.toml"
    if not path.exists():
        make_folder(path.parent, "MENAGERIE_DATASETS")
        classes = [(label, [word]) for label, word in zip(_labels(keywords), keywords, strict=True)]
        path.write_text(template(name, title, classes), "utf-8")
        print(f"Wrote {path}", file=sys.stderr)  # noqa: T201
    recipe = load_recipe(datasets, name)
    absent = sorted({word for _, word in recipe.searches} - set(keywords))
    if absent:
        raise CallError(
            f"{path} searches for {', '.join(absent)}, and {photos} has no such sub-folder."
            " Rename the folder of photos, or set MENAGERIE_DATASETS to another folder."
        )
    if not fast:
        return recipe
    return recipe.model_copy(
        update={
            "source": recipe.source.model_copy(update={"photos_per_keyword": _FAST_PHOTOS}),
            "training": recipe.training.model_copy(update={"epochs": _FAST_EPOCHS}),
        }
    )


def refuse_to_replace_flickr(dataset_dir: Path) -> None:
    """Keep a demo from putting made-up photos in the place of a release of Flickr's.

    Raises:
        CallError: the current release holds photos of Flickr.
    """
    manifest = dataset_dir / "current" / "manifest.parquet"
    if manifest.is_file() and "flickr" in read_sources(manifest):
        raise CallError(
            f"{dataset_dir / 'current'} is a release of photos from Flickr, and a demo would put"
            " made-up ones in its place. Set MENAGERIE_DATASETS to another folder."
        )


def _keywords(photos: Path) -> tuple[str, ...]:
    if not photos.is_dir():
        raise CallError(f"There is no folder {photos}. Give one with a sub-folder for each class.")
    names = tuple(sorted(p.name for p in photos.iterdir() if p.is_dir() and p.name[0] != "."))
    if len(names) < 2:
        raise CallError(
            f"{photos} holds {len(names)} of the two or more sub-folders that make a classifier."
            " Give a folder with a sub-folder of photos for each class."
        )
    return names


def _labels(names: Sequence[str]) -> list[str]:
    """Make labels of names; where two would get the same, the later ones are numbered."""
    taken: Counter[str] = Counter()
    labels = []
    for label in map(_label, names):
        taken[label] += 1
        labels.append(f"{label[:37]}-{taken[label]}" if taken[label] > 1 else label)
    return labels


def _label(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:40] or "photos"
