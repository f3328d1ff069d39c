"""Forget: photos are taken out everywhere, for good."""

from typing import Annotated

from prefect import flow
from pydantic import Field

from tasks.forgetting import (
    everything_held,
    forget_everywhere,
    forget_parameters,
    show_forgotten,
)
from tasks.parameters import RecipeOfToday
from tasks.policies import LOCAL_FLOW
from tasks.telling import tell

Id = Annotated[str | None, Field(min_length=1, max_length=200)]


@flow(name="forget", flow_run_name="forget {recipe.dataset.name}", **LOCAL_FLOW)
def forget(
    recipe: RecipeOfToday, photo: Id = None, owner: Id = None, reason: str = ""
) -> dict[str, int]:
    """Take a photo, or all photos of an owner, out of store, tiles, releases and catalog, for good.

    Args:
        recipe: Name of a dataset that holds them; they are taken out of all others, too.
        photo: Id of the photo. Give either this or an owner.
        owner: Id of the owner, whose later photos are kept from coming as well.
        reason: Why; kept with the tombstone.
    """
    with everything_held(recipe):
        done = show_forgotten(recipe, forget_everywhere(recipe, photo, owner, reason))
    forget_parameters(recipe)
    tell(recipe.name, "menagerie.forget.done", {"stage": "forget", **done})
    return done
