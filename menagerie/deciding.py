"""Deciding: a person's word, which outranks the machine's."""

from menagerie.catalog.database import Catalog
from menagerie.catalog.decisions import labels_of, record_label
from menagerie.errors import CallError
from menagerie.recipe import Recipe


def decide_label(
    catalog: Catalog, recipe: Recipe, photo_id: str, label: str, note: str, who: str
) -> None:
    """Let a photo that was found under several labels count under one of them.

    Raises:
        CallError: the dataset has no such photo, or it was not found under that label.
    """
    key, labels = labels_of(catalog, recipe.name, photo_id)
    if key is None:
        raise CallError(
            f"{recipe.name} has no photo {photo_id!r}. Give the id that stands in"
            " rejected.parquet, or in the address of its page."
        )
    if label not in labels:
        raise CallError(
            f"Photo {photo_id} was found under {', '.join(labels)} (received {label!r})."
            " Name one of these."
        )
    record_label(catalog, recipe.name, key, label, note, who)
