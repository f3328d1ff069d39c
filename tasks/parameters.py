"""What flows take: typed and described, so that the run form of the UI explains itself."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from menagerie.recipe import Recipe, load_recipe
from menagerie.recipe.values import LABEL
from menagerie.settings import load_settings
from tasks.policies import MOST_RESTARTS


def recipe_schema(name: str | None = None) -> dict[str, Any]:
    """Return what the run form asks for where a flow takes a recipe: one dataset, or any."""
    which: dict[str, Any] = {"pattern": LABEL} if name is None else {"enum": [name]}
    return {
        "type": "string",
        "title": "Dataset",
        "description": "Name of the dataset. Its recipe is read from its folder when the run"
        " starts, so that every run goes by the recipe of its day.",
        **which,
    }


def _read_of_today(asked: object) -> object:
    # Not when it is deployed: a stored copy would grow old.
    return load_recipe(load_settings().datasets, asked) if isinstance(asked, str) else asked


RecipeOfToday = Annotated[Recipe, BeforeValidator(_read_of_today), WithJsonSchema(recipe_schema())]
"""A recipe, or the name of a dataset, whose recipe file is read when the run starts."""

Limit = Annotated[int | None, Field(ge=1, le=4000)]

Again = Annotated[int, Field(ge=0, le=MOST_RESTARTS)]
"""How often in a row a run was started again: Prefect's server refuses one more."""


def limited(recipe: Recipe, limit: int | None) -> Recipe:
    """Return a recipe that asks for at most so many photos of each keyword."""
    if limit is None:
        return recipe
    fewer = min(limit, recipe.source.photos_per_keyword)
    source = recipe.source.model_copy(update={"photos_per_keyword": fewer})
    return recipe.model_copy(update={"source": source})
