"""Reading recipes from TOML, and refusing them in plain words."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from menagerie.errors import RecipeError
from menagerie.recipe.recipe import Recipe
from menagerie.recipe.values import PATTERNS, is_name
from menagerie.wording import in_plain_words


def parse_recipe(text: str, where: str) -> Recipe:
    """Parse a recipe's TOML; `where` names it in errors.

    Raises:
        RecipeError: not TOML, an unknown key, a value out of bounds.
    """
    try:
        return Recipe.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{where} is not valid TOML: {error}. Correct that line.") from None
    except ValidationError as error:
        problems = "; ".join(in_plain_words(error, PATTERNS))
        raise RecipeError(
            f"{where} cannot be used: {problems}. Correct it; docs/recipe.md lists every key."
        ) from None


def load_recipe(datasets: Path, name: str) -> Recipe:
    """Read `datasets/<name>/recipe.toml`.

    Raises:
        RecipeError: there is none, it cannot be read, or it cannot be used.
    """
    path = datasets / name / "recipe.toml"
    if not is_name(name):
        raise RecipeError(
            f"A dataset's name holds a-z, 0-9, - and _ only (received {name!r})."
            f" Give the name of a folder in {datasets}."
        )
    try:
        # Some editors begin a file with a byte order mark, which TOML does not admit.
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        known = ", ".join(sorted(p.parent.name for p in datasets.glob("*/recipe.toml"))) or "none"
        raise RecipeError(
            f"There is no dataset {name!r} in {datasets} (known: {known})."
            f" Write {path} or name one that exists."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{path} cannot be read: {error}. Make it a readable text file."
        ) from None
    recipe = parse_recipe(text, str(path))
    if recipe.name != name:
        raise RecipeError(
            f"{path} says dataset.name = {recipe.name!r} but its folder is {name!r}."
            " Make the two agree."
        )
    return recipe
