"""The machine: versions, disk, home, recipes, the pretrained network."""

import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

from menagerie.diagnosis.check import Check, fault, note, ok
from menagerie.errors import BackboneError, MenagerieError
from menagerie.folders import make_folder
from menagerie.learning.weights import read_weights
from menagerie.recipe import Recipe, load_recipe
from menagerie.settings import Settings

_OLDEST_PYTHON = (3, 11)
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^;\s]+)\s*(?:;.*)?")
_FAULT_BYTES = 1_000_000_000
_NOTE_BYTES = 5_000_000_000

_SET_UP = "run `make setup`"


def check_versions() -> Check:
    """Look whether Python and the packages are those that this version was made for."""
    wrong = [] if sys.version_info >= _OLDEST_PYTHON else [f"Python {sys.version.split()[0]}"]
    for wanted in _requirements():
        name, exact = _name_of(wanted), _PINNED.fullmatch(wanted)
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{name} is not installed")
            continue
        if exact and exact["version"] != found:
            wrong.append(f"{name} {found}, wanted {exact['version']}")
    if wrong:
        return fault("versions", "; ".join(wrong), _SET_UP)
    python, prefect = sys.version.split()[0], metadata.version("prefect")
    return ok(
        "versions", f"menagerie {metadata.version('menagerie')}, Python {python}, Prefect {prefect}"
    )


def _requirements() -> list[str]:
    """What is needed on this machine: no extras, and no package for another platform."""
    listed = metadata.requires("menagerie") or []
    return [one for one in listed if "extra ==" not in one and "tensorflow" not in one]


def _name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return found[0]


def check_disk(settings: Settings) -> Check:
    """Look how much room there is for photos."""
    place = _nearest(settings.home)
    free = shutil.disk_usage(place).free
    said = f"{free / 1e9:,.1f} GB free for {settings.home}"
    cure = "make room, or name another folder with MENAGERIE_HOME"
    if free < _FAULT_BYTES:
        return fault("disk", said, cure)
    return note("disk", said, cure) if free < _NOTE_BYTES else ok("disk", said)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the first one above it that is there."""
    folder = folder.absolute()
    return next(place for place in (folder, *folder.parents) if place.exists())


def check_home(settings: Settings) -> Check:
    """Look whether the home can be written, and the catalog read."""
    from sqlalchemy.exc import DatabaseError

    from menagerie.catalog.database import home_error, open_catalog

    try:
        make_folder(settings.home)
        with open_catalog(settings):
            return ok("home", f"{settings.home}, with its catalog")
    except MenagerieError as error:
        return fault("home", str(error), "")
    except (DatabaseError, OSError) as error:
        return fault("home", str(home_error(error, settings.home)), "")


def check_recipes(settings: Settings) -> tuple[Check, list[Recipe]]:
    """Read every recipe; returns those that can be used, too."""
    good: list[Recipe] = []
    wrong: list[str] = []
    for path in sorted(settings.datasets.glob("*/recipe.toml")):
        try:
            good.append(load_recipe(settings.datasets, path.parent.name))
        except MenagerieError as error:
            wrong.append(str(error))
    if wrong:
        return fault("recipes", " ".join(wrong), "mend the recipe"), good
    if not good:
        cure = "write one with `menagerie init`, or set MENAGERIE_DATASETS"
        return note("recipes", f"none in {settings.datasets}", cure), good
    return ok("recipes", ", ".join(recipe.name for recipe in good)), good


def check_backbone() -> Check:
    """Look whether the pretrained network is there, whole."""
    try:
        read_weights()
    except BackboneError as error:
        return fault("backbone", str(error), _SET_UP)
    return ok("backbone", "efficientnet-lite0, its weights as they should be")
