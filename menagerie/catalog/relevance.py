"""Where embeddings lie, how relevant photos were found to be, and what people said of that."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Select, delete, func, select

from menagerie.catalog.database import Catalog, now, upsert
from menagerie.catalog.decisions import standings
from menagerie.catalog.labels import decided_labels
from menagerie.catalog.photos import asked_for, dataset_source
from menagerie.catalog.tables import (
    embeddings,
    files,
    fingerprints,
    photos,
    scores,
    scorings,
    sightings,
    verdicts,
)
from menagerie.curation.reasons import Reason
from menagerie.curation.standing import FOR
from menagerie.photos.decode import DECODER
from menagerie.recipe import Recipe

Showing = tuple[str, str]
"""A file's SHA-256 and a label that it may show."""

_LOT = 10_000

# Photos that nothing speaks against, but perhaps their relevance, or a person: scores learn from
# what people rejected.
_SOUND = tuple(
    reason.value
    for reason in (
        Reason.ACCEPTED,
        Reason.AWAITING_REVIEW,
        Reason.IRRELEVANT,
        Reason.REJECTED_BY_PERSON,
    )
)


@dataclass(frozen=True, slots=True)
class Scorable:
    """A sound photo with its embedding: row `row` of `block`. An owner may be unknown: empty."""

    sha256: str
    label: str
    photo_id: str
    page_url: str
    owner: str
    group_key: int | None
    block: str
    row: int


@dataclass(frozen=True, slots=True)
class Score:
    """How relevant a photo is to a label; see `menagerie.curation.relevance`."""

    sha256: str
    label: str
    probability: float
    similarity: float
    score: float


def unembedded(catalog: Catalog, dataset: str, spec: str) -> list[str]:
    """Return the files of a dataset's sound photos that lack an embedding of a kind, sorted."""
    done = select(embeddings.c.sha256).where(embeddings.c.spec == spec)
    with catalog.begin() as connection:
        rows = connection.scalars(
            select(files.c.sha256)
            .join(verdicts, verdicts.c.photo_key == files.c.photo_key)
            .join(fingerprints, fingerprints.c.sha256 == files.c.sha256)
            .where(
                fingerprints.c.decoder == DECODER,
                fingerprints.c.fault.is_(None),
                verdicts.c.dataset == dataset,
                verdicts.c.reason.in_(_SOUND),
                files.c.sha256.is_not(None),
                files.c.sha256.not_in(done),
            )
            .distinct()
            .order_by(files.c.sha256)
        )
        return [sha256 for sha256 in rows if sha256 is not None]


def embedding_blocks(catalog: Catalog, spec: str) -> set[str]:
    """Return the names of the blocks that hold embeddings of a kind."""
    blocks = select(embeddings.c.block).where(embeddings.c.spec == spec).distinct()
    with catalog.begin() as connection:
        return set(connection.scalars(blocks))


def forget_embeddings(catalog: Catalog, spec: str, block: str) -> None:
    """Forget the embeddings of a block that is lost, so that they are made again."""
    lost = delete(embeddings).where(embeddings.c.spec == spec, embeddings.c.block == block)
    with catalog.begin() as connection:
        connection.execute(lost)


def record_embedded(catalog: Catalog, spec: str, block: str, sha256s: Sequence[str]) -> None:
    """Record which row of a block holds the embedding of which file."""
    rows = [
        {"sha256": sha256, "spec": spec, "block": block, "row": row}
        for row, sha256 in enumerate(sha256s)
    ]
    with catalog.begin() as connection:
        upsert(connection, embeddings, rows, ["block", "row"])


def scorable(catalog: Catalog, recipe: Recipe, spec: str) -> list[Scorable]:
    """Return the sound photos of a dataset that have an embedding, in the order of files."""
    with catalog.begin() as connection:
        source = dataset_source(catalog, recipe.name)
        rows = connection.execution_options(yield_per=1000).execute(_scorable(recipe, spec, source))
        counted = decided_labels(connection, recipe)
        found: dict[str, Scorable] = {}
        for row in rows:
            told = row._asdict()
            key = told.pop("key")
            if key in counted:
                told["label"] = counted[key][0][0]
            # Of photos with the same bytes one is kept; should there be two, one score is enough.
            found[row.sha256] = Scorable(**told)
        return list(found.values())


def _scorable(recipe: Recipe, spec: str, source: str) -> Select[tuple[object, ...]]:
    label = (
        select(func.min(sightings.c.label))
        .where(asked_for(recipe), sightings.c.photo_key == photos.c.key)
        .scalar_subquery()
    )
    return (
        select(
            photos.c.key,
            files.c.sha256,
            label.label("label"),
            photos.c.photo_id,
            photos.c.page_url,
            photos.c.owner,
            verdicts.c.group_key,
            embeddings.c.block,
            embeddings.c.row,
        )
        .select_from(verdicts)
        .join(photos, photos.c.key == verdicts.c.photo_key)
        .join(files, files.c.photo_key == photos.c.key)
        .join(embeddings, (embeddings.c.sha256 == files.c.sha256) & (embeddings.c.spec == spec))
        .where(
            verdicts.c.dataset == recipe.name,
            verdicts.c.reason.in_(_SOUND),
            photos.c.source == source,
            label.is_not(None),
        )
        .order_by(files.c.sha256, photos.c.photo_id.desc())
    )


def scored_inputs(catalog: Catalog, dataset: str) -> str | None:
    """Return what a dataset's scores were computed from, as a hash; None before the first."""
    query = select(scorings.c.inputs).where(scorings.c.dataset == dataset)
    with catalog.begin() as connection:
        return connection.scalar(query)


def replace_scores(
    catalog: Catalog, dataset: str, spec: str, inputs: str, found: Sequence[Score]
) -> None:
    """Put a dataset's scores in the place of its former ones, all at once."""
    scoring = {"dataset": dataset, "inputs": inputs, "scored_at": now()}
    with catalog.begin() as connection:
        connection.execute(delete(scores).where(scores.c.dataset == dataset))
        for start in range(0, len(found), _LOT):
            lot = found[start : start + _LOT]
            rows = [{"dataset": dataset, "spec": spec, **asdict(score)} for score in lot]
            upsert(connection, scores, rows, [])
        upsert(connection, scorings, [scoring], ["inputs", "scored_at"])


def scores_of(catalog: Catalog, dataset: str) -> dict[Showing, float]:
    """Return the score of each photo and label of a dataset."""
    query = select(scores.c.sha256, scores.c.label, scores.c.score)
    with catalog.begin() as connection:
        rows = connection.execute(query.where(scores.c.dataset == dataset))
        return {(row.sha256, row.label): row.score for row in rows}


def decided(catalog: Catalog, recipe: Recipe) -> dict[Showing, bool]:
    """Return what people said: whether a file shows a label."""
    with catalog.begin() as connection:
        said = standings(connection, recipe.labels)
        keys = sorted(said)
        names: dict[int, str | None] = {}
        for start in range(0, len(keys), 500):
            held = files.c.photo_key.in_(keys[start : start + 500])
            rows = connection.execute(select(files.c.photo_key, files.c.sha256).where(held))
            names.update((row.photo_key, row.sha256) for row in rows)
    return {
        (sha256, label): choice in FOR
        for key, standing in said.items()
        if (sha256 := names.get(key)) is not None
        for label, choice in standing.items()
    }
