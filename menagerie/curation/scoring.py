"""Telling how relevant the photos of a dataset are: embed what is new, score what has changed."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from menagerie.catalog.curation import forget_bytes
from menagerie.catalog.database import Catalog
from menagerie.catalog.relevance import (
    Scorable,
    Score,
    Showing,
    decided,
    embedding_blocks,
    forget_embeddings,
    record_embedded,
    replace_scores,
    scorable,
    scored_inputs,
    unembedded,
)
from menagerie.curation.features import Lot, shortened
from menagerie.curation.grouping import components
from menagerie.curation.relevance import KEPT, OPEN, REJECTED, relevance
from menagerie.learning.embedding import Embedded, Job, embed
from menagerie.photos.embeddings import EmbeddingStore, embedding_spec
from menagerie.progress import Advance, unwatched
from menagerie.recipe import Recipe

SCORING_VERSION = 1
"""Counts the changes after which the same inputs get other scores."""


def forget_lost_embeddings(catalog: Catalog, root: Path | str, backbone: str) -> None:
    """Let photos be embedded again whose block is no longer there."""
    spec = embedding_spec(backbone)
    for block in EmbeddingStore(root, spec).lost(embedding_blocks(catalog, spec)):
        forget_embeddings(catalog, spec, block)


@dataclass(frozen=True, slots=True)
class Places:
    """Where photos, embeddings, the child's log and unfinished work lie."""

    store_url: str
    blocks: Path | str
    home: Path
    scratch: Path


def embed_photos(
    catalog: Catalog,
    places: Places,
    recipe: Recipe,
    wanted: Collection[str],
    advance: Advance = unwatched,
) -> int:
    """Embed those of some files that are sound and were not embedded yet; return how many were.

    A photo that the store has lost, or that is damaged there, waits for its next download.

    Raises:
        BackboneError: the backbone cannot be had, or the child failed.
    """
    spec = embedding_spec(recipe.curation.backbone)
    # Another worker may have got some way before it was lost.
    missing = set(unembedded(catalog, recipe.name, spec))
    names = [name for name in wanted if name in missing]
    count = 0

    def finished(done: Embedded) -> None:
        nonlocal count
        record_embedded(catalog, spec, done.block, done.sha256s)
        forget_bytes(catalog, done.lost)
        count += len(done.sha256s)
        advance(len(done.sha256s) + len(done.lost), "")

    job = Job(recipe.curation.backbone, places.store_url, str(places.blocks), spec, names)
    embed(job, places.home, places.scratch, finished)
    return count


def score_dataset(catalog: Catalog, root: Path | str, recipe: Recipe) -> int:
    """Score the photos of a dataset, unless nothing has changed that scores follow from.

    Returns how many have a score now; 0 when they were left as they are.
    """
    spec = embedding_spec(recipe.curation.backbone)
    rows, answers = scorable(catalog, recipe, spec), decided(catalog, recipe)
    inputs = _inputs(spec, rows, answers)
    if inputs == scored_inputs(catalog, recipe.name):
        return 0
    found = list(_scores(EmbeddingStore(root, spec), rows, answers)) if rows else []
    replace_scores(catalog, recipe.name, spec, inputs, found)
    return len(found)


def _inputs(spec: str, rows: Sequence[Scorable], answers: Mapping[Showing, bool]) -> str:
    """Hash everything that the scores follow from."""
    document = [
        [row.sha256, row.label, row.owner, row.group_key, answers.get((row.sha256, row.label))]
        for row in rows
    ]
    text = json.dumps([SCORING_VERSION, spec, document])
    return hashlib.sha256(text.encode()).hexdigest()


def _scores(
    blocks: EmbeddingStore, rows: Sequence[Scorable], answers: Mapping[Showing, bool]
) -> Iterator[Score]:
    """Score photos; those of classes that are too small get no score."""
    features = shortened(lambda: _lots(blocks, rows), len(rows))
    names, labels = np.unique([row.label for row in rows], return_inverse=True)
    said = {None: OPEN, True: KEPT, False: REJECTED}
    decisions = np.array([said[answers.get((row.sha256, row.label))] for row in rows])
    result = relevance(features, labels, ties(rows), decisions)
    figures = zip(result.probability, result.similarity, result.score, strict=True)
    for row, label, (probability, similarity, score) in zip(rows, labels, figures, strict=True):
        if not np.isnan(score):
            yield Score(
                row.sha256, str(names[label]), float(probability), float(similarity), float(score)
            )


def _lots(blocks: EmbeddingStore, rows: Sequence[Scorable]) -> Iterator[Lot]:
    """Yield the embeddings of photos block by block, each with the photos' positions."""
    order = sorted(range(len(rows)), key=lambda n: (rows[n].block, rows[n].row))
    for block, members in groupby(order, key=lambda n: rows[n].block):
        positions = np.fromiter(members, np.int64)
        yield positions, blocks.open(block)[[rows[n].row for n in positions]]


def ties(rows: Sequence[Scorable]) -> NDArray[np.int64]:
    """Number photos so that those of one owner, or one group of near-duplicates, are equal."""
    first: dict[tuple[str, str], int] = {}
    pairs: list[tuple[int, int]] = []
    for number, row in enumerate(rows):
        # Photos whose owner nobody knows are not tied by that.
        known = [("owner", row.owner)] if row.owner else []
        known += [("group", str(row.group_key))] if row.group_key is not None else []
        pairs += [(first.setdefault(tie, number), number) for tie in known]
    return np.array(components(len(rows), pairs), dtype=np.int64)
