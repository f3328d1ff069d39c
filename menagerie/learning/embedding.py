"""Embedding photos, as the rest of the program asks for it: one child process for all of them."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from menagerie.errors import BackboneError, TrainingError
from menagerie.learning.process import Message, run_child

BATCH = 64
"""Photos in one block of embeddings: a second of work, and the most a crash can lose."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a child is to embed, with which backbone, and where photos and blocks lie."""

    backbone: str
    store_url: str
    blocks: str
    spec: str
    sha256s: Sequence[str]


@dataclass(frozen=True, slots=True)
class Embedded:
    """A finished block: whose rows it holds, and which photos could not be read, and why."""

    block: str
    sha256s: Sequence[str]
    lost: Sequence[str]


def embed(job: Job, home: Path, scratch: Path, finished: Callable[[Embedded], None]) -> None:
    """Embed photos in a child process; `finished` is called with each block.

    What the child has to say goes to a log in `home`, its order through a file in `scratch`.

    The block lies in its place by then, so what is recorded of it is true, and what is not
    recorded is made again.

    Raises:
        BackboneError: the backbone cannot be had, or the child failed.
    """
    if not job.sha256s:
        return
    log = home / "embeddings" / "embed.log"
    log.parent.mkdir(parents=True, exist_ok=True)

    def heed(message: Message) -> None:
        finished(Embedded(**message))

    # Not on the command line: it takes a few thousand names at most, and all can read it.
    with tempfile.NamedTemporaryFile("w", dir=scratch, suffix=".json", encoding="utf-8") as order:
        json.dump(asdict(job), order)
        order.flush()
        try:
            run_child(["embed", "--job", order.name], log, heed)
        except TrainingError as error:
            raise BackboneError(str(error)) from None
