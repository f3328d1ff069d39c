"""What sources on this machine share: copies for the photo store, and what was read before."""

import hashlib
import json
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from menagerie.catalog.database import Catalog
from menagerie.catalog.searches import Journal
from menagerie.curation.reasons import Reason
from menagerie.errors import PhotoError, StoppedError, TransientError
from menagerie.photos.decode import MAX_BYTES
from menagerie.photos.fetch import Fetched, Wanted
from menagerie.photos.placeholder import is_known_placeholder
from menagerie.photos.store import PhotoStore
from menagerie.recipe import Recipe

LOT = 500
"""Rows that are recorded together."""

_ADOPTED_TOGETHER = 20

_Item = TypeVar("_Item")


class Adopter:
    """Takes copies of what lies on this machine into the photo store; nothing is moved."""

    def __init__(self, store: PhotoStore, scratch: Path) -> None:
        self._store = store
        self._scratch = scratch
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let whoever copies end at the next photo."""
        self._stopped.set()

    def adopt_all(
        self, wanted: Sequence[Wanted], read: Callable[[str], bytes]
    ) -> Iterator[list[Fetched]]:
        """Store what `read` returns for each photo's address, and yield results in small lots.

        Raises:
            StoppedError: the work was stopped.
        """
        for lot in in_lots(wanted, _ADOPTED_TOGETHER):
            yield [self._adopt(one, read) for one in lot]

    def _adopt(self, wanted: Wanted, read: Callable[[str], bytes]) -> Fetched:
        if self._stopped.is_set():
            raise StoppedError("The work was stopped. Run the same command to go on.")
        file = wanted.renditions[0]
        try:
            data = read(file.url)
        except PhotoError as error:
            return Fetched(wanted.key, file.name, 1, fault=Reason(error.reason), detail=str(error))
        except TransientError as error:
            reason = Reason.DOWNLOAD_FAILED
            return Fetched(wanted.key, file.name, 1, fault=reason, detail=str(error))
        sha256 = hashlib.sha256(data).hexdigest()
        if is_known_placeholder(sha256):
            detail = "Flickr's picture of an unavailable photo"
            return Fetched(wanted.key, file.name, 1, fault=Reason.PLACEHOLDER, detail=detail)
        if sha256 not in self._store:
            copy = self._scratch / f"copy-{threading.get_native_id()}"
            copy.write_bytes(data)
            self._store.adopt(copy, sha256)
        return Fetched(wanted.key, file.name, 1, sha256, len(data))


def read_file(path: Path) -> bytes:
    """Return the bytes of a photo's file.

    Raises:
        PhotoError: it is gone, no file, or larger than any photo.
        TransientError: it cannot be read for now.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PhotoError(Reason.REFUSED, "it is no file")
        if status.st_size > MAX_BYTES:
            raise PhotoError(Reason.TOO_MANY_BYTES, f"more than {MAX_BYTES:,} bytes")
        return path.read_bytes()
    except FileNotFoundError:
        raise PhotoError(Reason.GONE, "the file is no longer there") from None
    except OSError as error:
        raise TransientError(f"the file cannot be read: {error.strerror}.") from None


def size_of(path: Path) -> int:
    """Return how many bytes a file has; 0 where it cannot be looked at."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def in_lots(items: Iterable[_Item], size: int = LOT) -> Iterator[Sequence[_Item]]:
    """Yield items in lots, such as rows that are recorded together."""
    waiting = iter(items)
    while lot := tuple(islice(waiting, size)):
        yield lot


def in_turn(parts: Sequence[Iterator[_Item]]) -> Iterator[_Item]:
    """Yield one item of each part after the other, until all parts are at their end."""
    waiting = list(parts)
    while waiting:
        for part in tuple(waiting):
            try:
                yield next(part)
            except StopIteration:
                waiting.remove(part)


def journal_of_files(
    catalog: Catalog, source: str, recipe: Recipe, keyword: str, files: Sequence[Path]
) -> Journal:
    """Return the journal of reading some files for a keyword.

    Another time or size of a file, and another question, begins another one.
    """
    label = {word: label for label, word in recipe.searches}[keyword]
    kept = recipe.source.model_dump(mode="json", exclude={"max_per_owner", "max_failed_share"})
    stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    asked = json.dumps([recipe.name, label, kept, stats])
    return Journal(catalog, source, hashlib.sha256(asked.encode()).hexdigest()[:16], keyword)


def is_read(journal: Journal) -> bool:
    """Tell whether the files were read to their end before."""
    progress = journal.read()
    return progress is not None and progress.covered_until is not None
