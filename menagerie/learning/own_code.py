"""Code of the user's own, as it counts for what a training makes."""

import hashlib
import importlib
import importlib.machinery
import sys
from pathlib import Path

from menagerie.errors import RecipeError
from menagerie.recipe import Training

_CALLBACKS = "training.callbacks"


def named_code(training: Training) -> list[tuple[str, str]]:
    """Return the keys of a training section that name code of the user's own, with the names."""
    found = [
        ("training.build_model", training.build_model),
        ("training.augmentation.function", training.augmentation.function),
        *((_CALLBACKS, name) for name in training.callbacks),
    ]
    return [(key, name) for key, name in found if name]


def look_at_own(training: Training) -> str:
    """Return a sentence, after a space, that lists code of the user's own; nothing without any."""
    named = ", ".join(f"{key} = {name!r}" for key, name in named_code(training))
    return f" Look at the code of your own, too: {named}." if named else ""


def fingerprints(training: Training) -> list[str]:
    """Return the SHA-256 of each file whose code a training section names; none of it is run.

    A file that was edited trains another model. Callbacks do not count: they look on.

    Raises:
        RecipeError: there is no such file.
    """
    return [_sha256(name, key) for key, name in named_code(training) if key != _CALLBACKS]


def _sha256(name: str, key: str) -> str:
    module = name.rpartition(".")[0]
    importlib.invalidate_caches()
    origin = _origin(module)
    if origin is None:
        raise RecipeError(
            f"{key} names {name!r}, and there is no module {module}."
            " Name what Python finds from the folder of the command, or install its package."
        )
    path = Path(origin)
    # A module of Python's own has no file; its code changes with Python only.
    return hashlib.sha256(path.read_bytes() if path.is_file() else origin.encode()).hexdigest()


def _origin(module: str) -> str | None:
    """Find a module; the packages that it is in are looked at, and not imported."""
    # The child that imports it runs as `python -m`, which looks there first.
    folders: list[str] = [str(Path.cwd()), *sys.path]
    known, origin = "", ""
    for part in module.split("."):
        known = f"{known}.{part}" if known else part
        if known in sys.builtin_module_names:
            return known
        spec = importlib.machinery.PathFinder.find_spec(known, folders)
        if spec is None:
            return None
        folders, origin = list(spec.submodule_search_locations or ()), spec.origin or ""
    return origin
