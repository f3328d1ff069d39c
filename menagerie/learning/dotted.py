"""Code of the user's own, which a recipe names by the place where Python finds it."""

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

from menagerie.errors import MenagerieError, RecipeError
from menagerie.learning.process import LOG
from menagerie.lifeline import AskedToEnd

_IMPORTABLE = "Name what Python finds from the folder of the command, or install its package."


def find(name: str, key: str) -> Any:
    """Import what a dotted name such as `package.module.thing` stands for.

    Raises:
        RecipeError: it cannot be imported; `key` names the recipe's key that asks for it.
    """
    module, _, attribute = name.rpartition(".")
    with blamed(name, key, "cannot be imported", cure=_IMPORTABLE):
        return getattr(importlib.import_module(module), attribute)


@contextlib.contextmanager
def blamed(
    name: str,
    key: str,
    doing: str,
    kind: type[MenagerieError] = RecipeError,
    cure: str = f"Mend it: {LOG} tells where.",
) -> Iterator[None]:
    """Run the user's own code: whatever it raises, an end of the process too, is said to be its.

    `doing` says what it does then, as in `fails when it is called`.

    Raises:
        RecipeError: it failed; or an error of the `kind` that is asked for.
    """
    try:
        yield
    except (MenagerieError, AskedToEnd):
        raise
    except (Exception, SystemExit) as error:  # It raises what it likes.
        said = (str(error).splitlines() or [""])[0].rstrip(".")
        raise kind(
            f"{key} names {name!r}, which {doing}: {type(error).__name__}: {said}. {cure}"
        ) from error
