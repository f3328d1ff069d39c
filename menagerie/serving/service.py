"""The prediction service: photos of many requests at once in, what champions say of them out."""

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from menagerie.cores import usable_cores
from menagerie.errors import MenagerieError, MissingModelError, PhotoError
from menagerie.learning.folder import has_champion
from menagerie.learning.predict import Prediction
from menagerie.licenses import License
from menagerie.photos.tiling import Tile, Tiler
from menagerie.serving.models import LOOK_SECONDS, Champion, Serving
from menagerie.serving.neighbours import Neighbour
from menagerie.serving.uploads import refuse_content, refuse_name

_log = logging.getLogger(__name__)

# Far more than a model's answer takes, even while another model is loaded beside it.
_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo as somebody sent it; `name` is what they call it, shown and nothing else."""

    data: bytes
    name: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one photo: a prediction, or an error.

    `neighbours` is None while the training photos are still looked through.
    """

    name: str
    prediction: Prediction | None = None
    animated: bool = False
    neighbours: list[Neighbour] | None = None
    error: PhotoError | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says of the photos of one request, in their order."""

    dataset: str
    model: str
    release: str
    classes: tuple[str, ...]
    threshold: float
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of photos: how many neighbours, another threshold, names of licences."""

    neighbours: int = 0
    threshold: float | None = None
    licenses: Mapping[str, License] | None = None


class Watcher(Protocol):
    """Who is told what the service does, so that it can be counted."""

    def batch(self, dataset: str, size: int) -> None:
        """A batch is put to a model."""

    def answered(self, dataset: str, label: str | None) -> None:
        """A photo was answered with a label, or with None of them."""

    def refused(self, reason: str) -> None:
        """A photo cannot be used."""


class Unwatched:
    """Nobody."""

    def batch(self, dataset: str, size: int) -> None:
        """Do nothing."""

    def answered(self, dataset: str, label: str | None) -> None:
        """Do nothing."""

    def refused(self, reason: str) -> None:
        """Do nothing."""


class Predictions:
    """Answers for the champions of a folder of datasets. Threads may share it.

    Models are loaded when they are first asked, and exchanged when another one is promoted.
    Photos are decoded in child processes by the one decode path, and are never written down.
    """

    def __init__(self, datasets: Path, watcher: Watcher | None = None) -> None:
        self._datasets = datasets
        self._watcher: Watcher = watcher or Unwatched()
        self._champions: dict[str, Champion] = {}
        self._tilers: dict[tuple[int, str], Tiler] = {}
        self._names: tuple[float, list[str]] = (0.0, [])
        self._warming: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._workers = usable_cores()
        # For requests of many photos; those of one photo use the thread that they came in.
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="cut")

    def names(self) -> list[str]:
        """Return the datasets that have a champion, as they are or were a moment ago."""
        seen_at, names = self._names
        # Requests that come close together look once; see `Champion`.
        if not names or time.monotonic() > seen_at + LOOK_SECONDS:
            names = self._found_names()
            self._names = time.monotonic(), names
        return names

    def _found_names(self) -> list[str]:
        try:
            # Asked at each request: pathlib would take five times as long.
            with os.scandir(self._datasets) as entries:
                return sorted(entry.name for entry in entries if has_champion(entry.path))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def loaded(self) -> dict[str, str]:
        """Return the models that are loaded, by dataset."""
        found = {name: champion.loaded for name, champion in list(self._champions.items())}
        return {name: model for name, model in found.items() if model is not None}

    def swaps(self) -> dict[str, int]:
        """Return how often a model took the place of another one, by dataset."""
        return {name: champion.swaps for name, champion in list(self._champions.items())}

    def warm(self, dataset: str) -> str:
        """Begin to prepare a dataset unless that was done: `loaded`, `loading` or `failed`."""
        if dataset in self.loaded():
            return "loaded"
        with self._lock:
            former = self._warming.get(dataset)
            if former is not None and former.is_alive():
                return "loading"
            self._warming[dataset] = threading.Thread(
                target=self._warm, args=(dataset,), daemon=True, name="warm"
            )
            self._warming[dataset].start()
        # It ended, and nothing was loaded; it is tried again meanwhile.
        return "loading" if former is None else "failed"

    def _warm(self, dataset: str) -> None:
        try:
            self.prepare(dataset)
        except MenagerieError as error:
            _log.warning("The champion of %s cannot be loaded: %s", dataset, error)

    def prepare(self, dataset: str) -> None:
        """Load a dataset's champion, start its decoders and look through its training photos.

        Raises:
            MissingModelError: the dataset has no champion, or its files are gone.
            TrainingError: it cannot be loaded.
        """
        with self._champion(dataset).use() as serving:
            self._tiler(serving)
            serving.neighbours.prepare()

    def predict(
        self, dataset: str, uploads: Sequence[Upload], question: Question | None = None
    ) -> Answers:
        """Ask a dataset's champion about photos; one that cannot be used costs the others nothing.

        Raises:
            MissingModelError: the dataset has no champion, or its files are gone.
            TrainingError: it cannot be loaded.
            DecoderError: photos cannot be decoded, by no photo's fault.
        """
        question = question or Question()
        with self._champion(dataset).use() as serving:
            asked = self._asked(serving, uploads)
            answers = [self._answer(serving, each, question) for each in asked]
            predictor = serving.predictor
            threshold = question.threshold
            if threshold is None:
                threshold = predictor.calibration.threshold
        for answer in answers:
            self._count(dataset, answer)
        ids = predictor.id, predictor.release
        return Answers(dataset, *ids, predictor.classes, threshold, answers)

    def _asked(self, serving: Serving, uploads: Sequence[Upload]) -> list["_Asked"]:
        """Put all photos that can be used to the model, and return them without waiting."""
        if len(uploads) == 1:
            return [self._ask(serving, uploads[0])]
        return list(self._threads.map(lambda upload: self._ask(serving, upload), uploads))

    def _ask(self, serving: Serving, upload: Upload) -> "_Asked":
        try:
            refuse_name(upload.name)
            refuse_content(upload.data)
            with serving.batcher.expected():
                tile = self._tiler(serving).cut_bytes(upload.data)
        except PhotoError as error:
            return _Asked(upload.name, error)
        return _Asked(upload.name, None, tile, serving.batcher.put(tile.pixels))

    def _answer(self, serving: Serving, asked: "_Asked", question: Question) -> Answer:
        if asked.tile is None or asked.future is None:
            return Answer(asked.name, error=asked.error)
        prediction = asked.future.result(_ANSWER_SECONDS)
        if question.threshold is not None:
            best = next(iter(prediction.probabilities))
            is_sure = prediction.probability >= question.threshold
            prediction = replace(prediction, label=best if is_sure else None)
        near: list[Neighbour] | None = []
        if question.neighbours:
            near = serving.neighbours.nearest(
                asked.tile.pixels, question.neighbours, question.licenses
            )
        return Answer(asked.name, prediction, asked.tile.animated, near)

    def _count(self, dataset: str, answer: Answer) -> None:
        if answer.prediction is not None:
            self._watcher.answered(dataset, answer.prediction.label)
        elif answer.error is not None:
            self._watcher.refused(answer.error.reason)

    def _champion(self, dataset: str) -> Champion:
        with self._lock:
            if dataset not in self._champions:
                # Names come from strangers: only those of folders that are there are kept.
                if dataset not in self.names():
                    raise MissingModelError(
                        f"The dataset {dataset[:80]!r} has no champion (with a model:"
                        f" {', '.join(self.names()) or 'none'}). Run `menagerie refresh NAME`."
                    )
                folder = self._datasets / dataset
                self._champions[dataset] = Champion(folder, self._watcher.batch)
            return self._champions[dataset]

    def _tiler(self, serving: Serving) -> Tiler:
        kind = serving.predictor.image_size_px, serving.predictor.resize
        with self._lock:
            if kind not in self._tilers:
                self._tilers[kind] = Tiler(*kind, self._workers)
            return self._tilers[kind]

    def close(self) -> None:
        """End models and decoders; nobody may be asking any more."""
        self._threads.shutdown(cancel_futures=True)
        for each in self._champions.values():
            each.close()
        for tiler in self._tilers.values():
            tiler.__exit__(None, None, None)


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    error: PhotoError | None
    tile: Tile | None = None
    future: "Future[Prediction] | None" = None
