"""The folder that a model is built in, beside the whole ones, until it takes its name."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from menagerie.learning.checkpoint import checkpoint_path
from menagerie.learning.folder import is_complete
from menagerie.lifeline import is_process

_BUILDING = ".building-"
# Nobody goes on with a training that was cut off so long ago: 30 days.
_SECONDS_KEPT = 30 * 86_400


@contextlib.contextmanager
def building(models: Path, model_id: str) -> Iterator[Path]:
    """Give a folder to build in, named by this process; it is gone afterwards."""
    remove_abandoned(models)
    folder = models / f"{_BUILDING}{model_id}-{os.getpid()}"
    # In a container, where numbers of processes come again, a dead one may have had this one's.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def model_built_in(folder: Path) -> str:
    """Return the id of the model that such a folder is for."""
    return folder.name.removeprefix(_BUILDING).rpartition("-")[0]


def remove_abandoned(models: Path) -> None:
    """Remove what processes that are gone were building, and checkpoints that are old."""
    for checkpoint in models.glob(f"{checkpoint_path(models, '*').name}*"):
        # One that is gone by now was of a training that ended well.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - checkpoint.lstat().st_mtime > _SECONDS_KEPT:
                checkpoint.unlink()
    for folder in models.glob(f"{_BUILDING}*"):
        process_id = folder.name.rpartition("-")[2]
        # What bears no number is not ours.
        if process_id.isdecimal() and not is_process(int(process_id)):
            shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, final: Path) -> None:
    """Give a folder that was built its name, unless a whole model has it."""
    if final.exists():
        if is_complete(final):
            return
        # A damaged model of the same name makes room, out of sight and then for good.
        aside = folder.with_name(f"{_BUILDING}replaced-{os.getpid()}")
        final.rename(aside)
        folder.rename(final)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        folder.rename(final)
