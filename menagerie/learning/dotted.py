"""What a recipe names by the place where Python finds it."""

import importlib
from typing import Any

from menagerie.errors import RecipeError


def find(name: str, key: str) -> Any:
    """Import what a dotted name such as `package.module.thing` stands for.

    Raises:
        RecipeError: it cannot be imported; `key` names the recipe's key that asks for it.
    """
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except Exception as error:  # Importing runs somebody's code, which raises what it likes.
        said = (str(error).splitlines() or [repr(error)])[0]
        raise RecipeError(
            f"{key} names {name!r}, which cannot be imported: {said}."
            " Name what Python finds from the folder of the command, or install its package."
        ) from None
