"""Recipes: what is asked, as TOML and as typed sections."""

from menagerie.recipe.curation import Curation
from menagerie.recipe.reading import load_recipe, parse_recipe
from menagerie.recipe.recipe import Dataset, PhotoClass, Recipe, Release, Schedule
from menagerie.recipe.source import EVERYTHING, LOCAL_KINDS, Source
from menagerie.recipe.template import SECTIONS, choices, template
from menagerie.recipe.training import Training
from menagerie.recipe.values import is_name

__all__ = [
    "EVERYTHING",
    "LOCAL_KINDS",
    "SECTIONS",
    "Curation",
    "Dataset",
    "PhotoClass",
    "Recipe",
    "Release",
    "Schedule",
    "Source",
    "Training",
    "choices",
    "is_name",
    "load_recipe",
    "parse_recipe",
    "template",
]
