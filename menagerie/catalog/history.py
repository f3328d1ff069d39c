"""When releases were made, and which models were trained on them."""

from sqlalchemy import select, update

from menagerie.catalog.database import Catalog
from menagerie.catalog.tables import models, releases


def release_times(catalog: Catalog, dataset: str) -> dict[str, int]:
    """Return when each release that this catalog made was published, in unix seconds."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(releases.c.release_id, releases.c.created_at).where(
                releases.c.dataset == dataset
            )
        )
        return {row.release_id: row.created_at for row in rows}


def releases_of_models(catalog: Catalog, dataset: str) -> dict[str, str]:
    """Return the release that each model was trained on, by the model's id."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(models.c.model_id, models.c.release_id).where(models.c.dataset == dataset)
        )
        return {row.model_id: row.release_id for row in rows}


def model_times(catalog: Catalog, dataset: str) -> dict[str, int]:
    """Return when each model that this catalog knows was trained, in unix seconds."""
    with catalog.begin() as connection:
        rows = connection.execute(
            select(models.c.model_id, models.c.created_at).where(models.c.dataset == dataset)
        )
        return {row.model_id: row.created_at for row in rows}


def inherit_time(catalog: Catalog, dataset: str, release_id: str, successor: str) -> None:
    """Date a release that took another's place like that one, so that their order stays."""
    times = release_times(catalog, dataset)
    if release_id not in times or successor not in times:
        return
    with catalog.begin() as connection:
        connection.execute(
            update(releases)
            .where(releases.c.dataset == dataset, releases.c.release_id == successor)
            .values(created_at=min(times[release_id], times[successor]))
        )
