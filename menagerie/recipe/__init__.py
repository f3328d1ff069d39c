"""Recipes: what is asked, as TOML and as typed sections."""

from menagerie.recipe.augmentation import COURSE, Augmentation, Normalization
from menagerie.recipe.curation import Curation
from menagerie.recipe.reading import load_recipe, parse_recipe
from menagerie.recipe.recipe import Dataset, PhotoClass, Recipe, Release
from menagerie.recipe.schedule import Schedule
from menagerie.recipe.source import EVERYTHING, LOCAL_KINDS, Source
from menagerie.recipe.template import SECTIONS, choices, plain_keys, template
from menagerie.recipe.training import Training
from menagerie.recipe.values import is_name

__all__ = [
    "COURSE",
    "EVERYTHING",
    "LOCAL_KINDS",
    "SECTIONS",
    "Augmentation",
    "Curation",
    "Dataset",
    "Normalization",
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
    "plain_keys",
    "template",
]
