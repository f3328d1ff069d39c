"""Changing one value of a recipe's file: its comments, order and line ends stay as they are."""

import hashlib
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

from menagerie.errors import BusyError, RecipeError
from menagerie.folders import whole_file
from menagerie.recipe.reading import parse_recipe
from menagerie.recipe.recipe import Recipe

_MARK = "\ufeff"


def version_of(path: Path) -> str:
    """Return a word for what a recipe's file holds now."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def change_value(path: Path, section: str, key: str, value: float, seen: str) -> Recipe:
    """Write a number into a section of a recipe's file, if the file is still what was `seen`.

    Raises:
        BusyError: somebody changed the file since.
        RecipeError: the recipe could not be used then, or is written in a way that only a person
            can change; nothing was written.
    """
    if version_of(path) != seen:
        raise BusyError(
            f"Somebody changed {path.name} meanwhile. Look at the page again, then write."
        )
    text = path.read_bytes().decode("utf-8")
    mark, text = text[: text.startswith(_MARK)], text.removeprefix(_MARK)
    changed = with_value(text, section, key, value)
    recipe = parse_recipe(changed, path.name)
    with whole_file(path) as unfinished:
        unfinished.write_bytes((mark + changed).encode("utf-8"))
        shutil.copymode(path, unfinished)
    return recipe


def with_value(text: str, section: str, key: str, value: float) -> str:
    """Return TOML with another number in a section; everything else stays, byte for byte.

    Raises:
        RecipeError: that section or key is written in a way that is not understood here.
    """
    head = re.search(rf"^[ \t]*\[[ \t]*{section}[ \t]*\][^\n]*(?:\n|\Z)", text, re.MULTILINE)
    if head is None:
        end = "" if text.endswith("\n") or not text else "\n"
        changed = f"{text}{end}\n[{section}]\n{key} = {value}\n"
    else:
        after = re.search(r"^[ \t]*\[", text[head.end() :], re.MULTILINE)
        end_at = head.end() + after.start() if after else len(text)
        body = _in_section(text[head.end() : end_at], key, value)
        first = text[: head.end()]
        changed = first + ("" if first.endswith("\n") else "\n") + body + text[end_at:]
    _check(text, changed, section, key, value)
    return changed


def _in_section(body: str, key: str, value: float) -> str:
    line = re.compile(rf"^([ \t]*{key}[ \t]*=[ \t]*)[^\s#]+", re.MULTILINE)
    if line.search(body):
        return line.sub(rf"\g<1>{value}", body, count=1)
    return f"{key} = {value}\n{body}"


def _check(text: str, changed: str, section: str, key: str, value: float) -> None:
    """Refuse a change that did more, or less, than it should."""
    try:
        wanted: dict[str, Any] = tomllib.loads(text)
        part = wanted.setdefault(section, {})
        part[key] = value
        if tomllib.loads(changed) == wanted:
            return
    except (tomllib.TOMLDecodeError, TypeError):
        pass
    raise RecipeError(
        f"The recipe says {section}.{key} in a way that cannot be changed from here. Write"
        f" {key} = {value} under [{section}] by hand."
    )
