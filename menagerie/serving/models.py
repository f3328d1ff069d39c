"""The champion of one dataset, loaded, and exchanged for a new one without a dropped request."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from menagerie.errors import MenagerieError
from menagerie.learning.backend import import_keras
from menagerie.learning.calibration import CALIBRATION_FILE
from menagerie.learning.folder import MODEL_FILE, POINTER, champion
from menagerie.learning.predict import Prediction, Predictor
from menagerie.serving.batching import Batcher
from menagerie.serving.neighbours import Neighbours

_log = logging.getLogger(__name__)

LOOK_SECONDS = 0.05
"""For so long a champion is taken for the one that it was: less than it takes to load another."""

_AGAIN_SECONDS = 30.0
"""How long a champion that could not be loaded is left alone."""

_loading = threading.Lock()

Watch = Callable[[str, int], None]
"""Told a dataset and the size of a batch when it is put to the model."""


class Serving:
    """A loaded model with what belongs to it, for as long as somebody asks it."""

    def __init__(self, folder: Path, mark: object, heed: Callable[[int], None]) -> None:
        self.predictor = Predictor(folder)
        self.predictor.quicken()
        self.mark = mark
        size_px = self.predictor.image_size_px
        # The first call makes TensorFlow choose its ways; nobody should have to wait for it.
        for tiles in (1, 2):
            self.predictor.predictions(np.zeros((tiles, size_px, size_px, 3), np.uint8))
        self.batcher: Batcher[Prediction] = Batcher(self.predictor.predictions, heed, threads=2)
        self.neighbours = Neighbours(self.predictor, folder.resolve().parents[1])
        self._users, self._retired = 0, False
        self._lock = threading.Lock()

    def enter(self) -> bool:
        """Begin to use it; False if it has been closed already."""
        with self._lock:
            self._users += not self._closed
            return not self._closed

    def leave(self) -> None:
        """Stop using it; the last one to leave a retired model closes it."""
        with self._lock:
            self._users -= 1
            closed = self._closed
        if closed:
            self._close()

    def retire(self) -> None:
        """Let nobody new in, and close when the last user has left."""
        with self._lock:
            self._retired = True
            closed = self._closed
        if closed:
            self._close()

    @property
    def _closed(self) -> bool:
        return self._retired and not self._users

    def _close(self) -> None:
        self.neighbours.close()
        self.batcher.close()


class Champion:
    """What answers for a dataset now: its champion, or the former one while the new one loads."""

    def __init__(self, dataset_dir: Path, heed: Watch = lambda _dataset, _size: None) -> None:
        self._dataset_dir, self._heed = dataset_dir, heed
        self._serving: Serving | None = None
        self._lock = threading.Lock()
        self._loads: threading.Thread | None = None
        self._looked_at = -LOOK_SECONDS
        self._failed: tuple[object, float, MenagerieError] | None = None
        self.swaps = 0
        """How often another model took the place of one that answered."""

    @property
    def loaded(self) -> str | None:
        """The id of the model that answers now, None while there is none."""
        serving = self._serving
        return None if serving is None else serving.predictor.id

    @contextmanager
    def use(self) -> Iterator[Serving]:
        """Use the model within the block; it stays the same, whatever is promoted meanwhile.

        Raises:
            MissingModelError: there is no champion, or its files are gone.
            TrainingError: it cannot be loaded, and no former one is.
        """
        serving = self._entered()
        try:
            yield serving
        finally:
            serving.leave()

    def _entered(self) -> Serving:
        while True:
            serving = self._current()
            if serving.enter():
                return serving

    def _current(self) -> Serving:
        serving, now = self._serving, time.monotonic()
        # Requests that come close together look once: each call of the kernel hands the
        # interpreter to another thread.
        if serving is not None and now < self._looked_at + LOOK_SECONDS:
            return serving
        mark = _mark(self._dataset_dir)
        if serving is not None and serving.mark == mark:
            self._looked_at = now
            return serving
        folder = champion(self._dataset_dir)
        if serving is None:
            with self._lock:
                return self._serving or self._load(folder, mark)
        if not self._is_left_alone(mark):
            self._begin_to_load(folder, mark)
        return serving

    def _load(self, folder: Path, mark: object) -> Serving:
        if self._failed and self._is_left_alone(mark):
            raise self._failed[2]
        # What is loaded side by side takes twice the memory and no less time.
        with _loading:
            import_keras(lean=True)
            try:
                loaded = Serving(folder, mark, lambda n: self._heed(self._dataset_dir.name, n))
            except MenagerieError as error:
                self._failed = (mark, time.monotonic(), error)
                raise
        former, self._serving = self._serving, loaded
        if former is not None:
            self.swaps += 1
            former.retire()
        return loaded

    def _is_left_alone(self, mark: object) -> bool:
        failed = self._failed
        if failed is None or failed[0] != mark:
            return False
        return time.monotonic() - failed[1] < _AGAIN_SECONDS

    def _begin_to_load(self, folder: Path, mark: object) -> None:
        """Load the new champion in a thread of its own; the former one answers until then."""
        with self._lock:
            if self._loads is not None and self._loads.is_alive():
                return
            self._loads = threading.Thread(
                target=self._exchange, args=(folder, mark), daemon=True, name="exchange"
            )
            self._loads.start()

    def _exchange(self, folder: Path, mark: object) -> None:
        try:
            self._load(folder, mark)
        except MenagerieError as error:
            _log.warning(
                "The new champion of %s cannot be loaded; %s goes on answering: %s",
                self._dataset_dir.name,
                self.loaded,
                error,
            )

    def close(self) -> None:
        """Retire the model, and wait for one that is being loaded."""
        loads = self._loads
        if loads is not None:
            loads.join()
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.retire()


def _mark(dataset_dir: Path) -> object:
    """Return what changes when another model answers, or the same one is judged anew.

    It is looked at for each request, so it costs three calls of the kernel and little more.
    """
    pointer = f"{dataset_dir}/{POINTER}"
    marks: list[object] = []
    with suppress(OSError):  # It need not be a link.
        marks.append(os.readlink(pointer))  # noqa: PTH115 - a fifth of the cost
    for name in (MODEL_FILE, CALIBRATION_FILE):
        with suppress(OSError):
            found = os.stat(f"{pointer}/{name}")  # noqa: PTH116 - the same
            marks.append((name, found.st_mtime_ns, found.st_size))
    return tuple(marks)
