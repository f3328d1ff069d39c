"""Embedding in the child process: read, decode, ask the backbone, write a block, say so."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from menagerie.cores import usable_cores
from menagerie.errors import PhotoError
from menagerie.learning.backbone import Backbone, model_input
from menagerie.learning.embedding import BATCH, Embedded, Job
from menagerie.photos.embeddings import EmbeddingStore
from menagerie.photos.store import PhotoStore

_AT_ONCE = 32

Image = NDArray[np.uint8]


def embed_photos(order: Path, tell: Callable[[dict[str, Any]], None]) -> None:
    """Embed the photos of a job, block by block; `tell` each when it lies in its place.

    Raises:
        BackboneError: the backbone cannot be had.
    """
    job = Job(**json.loads(order.read_text(encoding="utf-8")))
    backbone = Backbone(job.backbone)
    photos = PhotoStore(job.store_url)
    blocks = EmbeddingStore(job.blocks, job.spec)
    with ThreadPoolExecutor(usable_cores(), thread_name_prefix="decode") as threads:
        for start in range(0, len(job.sha256s), BATCH):
            names = job.sha256s[start : start + BATCH]
            images = threads.map(lambda name: _read(photos, name), names)
            embeddings = list(_embedded(backbone, images))
            rows = [row for row in embeddings if row is not None]
            found = [n for n, row in zip(names, embeddings, strict=True) if row is not None]
            lost = [n for n, row in zip(names, embeddings, strict=True) if row is None]
            block = blocks.write(found, np.stack(rows).astype(np.float16)) if rows else ""
            tell(asdict(Embedded(block, found, lost)))


def _embedded(
    backbone: Backbone, images: Iterator[Image | None]
) -> Iterator[NDArray[np.float32] | None]:
    """Yield the embedding of each image in turn, None for one that is none."""
    waiting: list[Image | None] = []
    for image in images:
        waiting.append(image)
        if len(waiting) == _AT_ONCE:
            yield from _ask(backbone, waiting)
            waiting = []
    yield from _ask(backbone, waiting)


def _ask(
    backbone: Backbone, images: Sequence[Image | None]
) -> Iterator[NDArray[np.float32] | None]:
    sound = [image for image in images if image is not None]
    if sound:
        # Always the same shape, or the network would be compiled for each.
        batch = np.zeros((_AT_ONCE, *sound[0].shape), np.uint8)
        batch[: len(sound)] = sound
        answers = iter(backbone.embed(batch)[: len(sound)])
    for image in images:
        yield None if image is None else next(answers)


def _read(photos: PhotoStore, sha256: str) -> Image | None:
    try:
        return model_input(photos.read(sha256))
    except (FileNotFoundError, PhotoError):
        return None
