"""Starting a dataset: a recipe with comments, written where there is none."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from menagerie.errors import CallError, HomeError
from menagerie.recipe import EVERYTHING, LOCAL_KINDS, parse_recipe, template


def label_of(keyword: str) -> str:
    """Make a label of a keyword: lower case, with hyphens for what a label may not hold."""
    plain = unicodedata.normalize("NFKD", keyword).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_-]+", "-", plain.lower()).strip("-_")[:40] or "photos"


def write_recipe(
    datasets: Path, name: str, keywords: Sequence[str], title: str, kind: str, path: str
) -> Path:
    """Write the recipe of a new dataset, one class a keyword, and return where it is.

    Raises:
        CallError: there is one already, or there are fewer than two keywords.
        RecipeError: a name or a keyword cannot be used.
        HomeError: it cannot be written.
    """
    if len(keywords) < 2:
        raise CallError(
            f"A classifier needs two classes or more (received {len(keywords)} keywords)."
            " Give --keyword once for each class."
        )
    source: dict[str, object] = {"kind": kind, "path": path}
    if kind in LOCAL_KINDS:
        source["photos_per_keyword"] = EVERYTHING
    if kind in {"folder", "idx"}:
        # Nobody says their licence yet: such a release is for one's own eyes.
        source["uses"] = ()
    classes = [(label_of(keyword), (keyword,)) for keyword in keywords]
    text = template(name, title, classes, source)
    parse_recipe(text, "The recipe that this call asks for")
    return _write(datasets / name / "recipe.toml", text)


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise CallError(
            f"{path} is there already and is not overwritten. Edit it, or give another name."
        ) from None
    except OSError as error:
        raise HomeError(
            f"{path} cannot be written: {error.strerror}. Check the folder, or name another one"
            " with MENAGERIE_DATASETS."
        ) from None
    return path
