"""Under which labels the photos count of which a person said something."""

from collections import defaultdict

from sqlalchemy import Connection, select

from menagerie.catalog.decisions import standings, told_photos
from menagerie.catalog.photos import asked_for
from menagerie.catalog.tables import sightings
from menagerie.curation.standing import Choice, counted
from menagerie.recipe import Recipe


def decided_labels(
    connection: Connection, recipe: Recipe
) -> dict[int, tuple[tuple[str, ...], Choice | None]]:
    """Return the labels, sorted, and what a person decided, by photo key: see `counted`."""
    rows = connection.execute(
        select(sightings.c.photo_key, sightings.c.label)
        .where(asked_for(recipe), sightings.c.photo_key.in_(told_photos(recipe.labels)))
        .distinct()
        .order_by(sightings.c.label)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row.photo_key].append(row.label)
    said = standings(connection, recipe.labels)
    return {key: counted(said.get(key), labels) for key, labels in found.items()}
