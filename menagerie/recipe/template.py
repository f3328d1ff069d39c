"""Writing a recipe with its comments, and telling what it may hold."""

import json
from collections.abc import Mapping, Sequence
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from menagerie.recipe.augmentation import Augmentation, Normalization
from menagerie.recipe.curation import Curation
from menagerie.recipe.recipe import Release
from menagerie.recipe.schedule import Schedule
from menagerie.recipe.source import LOCAL_KINDS, Source
from menagerie.recipe.training import Training
from menagerie.recipe.values import Section

SECTIONS: dict[str, type[Section]] = {
    "source": Source,
    "curation": Curation,
    "release": Release,
    "training": Training,
    "training.augmentation": Augmentation,
    "training.normalization": Normalization,
    "schedule": Schedule,
}


def template(
    name: str,
    title: str,
    classes: Sequence[tuple[str, Sequence[str]]],
    source: Mapping[str, object] | None = None,
) -> str:
    """Write a commented recipe with every default, ready to be edited.

    `classes` holds (label, keywords) pairs, `source` what is no default in that section.
    """
    lines = ["[dataset]", f"name = {_literal(name)}", f"title = {_literal(title)}", ""]
    for label, keywords in classes:
        words = _literal(tuple(keywords))
        lines += ["[[classes]]", f"label = {_literal(label)}", f"keywords = {words}", ""]
    chosen: dict[str, Mapping[str, object]] = {"source": source or {}}
    if chosen["source"].get("kind") in LOCAL_KINDS:
        chosen["curation"] = {"relevance": "off"}
    for section, model in SECTIONS.items():
        lines.append(f"[{section}]")
        for key, field in plain_keys(model).items():
            default = field.get_default(call_default_factory=True)
            value = chosen.get(section, {}).get(key, default)
            lines += [f"# {field.description}", f"{key} = {_literal(value)}"]
        lines.append("")
    return "\n".join(lines)


def plain_keys(section: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the keys of a section that are values, not sections within it."""
    sections = set(SECTIONS.values())
    return {k: f for k, f in section.model_fields.items() if f.annotation not in sections}


def _literal(value: object) -> str:
    """Write a default as TOML on one line; JSON's strings and numbers are TOML's, too."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def choices(section: type[BaseModel], key: str) -> tuple[str, ...]:
    """Return the values a `Literal` key may take, for documentation and forms."""
    return tuple(get_args(section.model_fields[key].annotation))
