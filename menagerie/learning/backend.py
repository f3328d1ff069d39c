"""Importing Keras without its chatter. Everything that needs Keras in this process asks here."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

# What TensorFlow writes to standard error before its log level can be set: absl's announcement
# and its own lines, such as "I0000 00:00:1795271962.962053    3594 port.cc:153] oneDNN ...".
_CHATTER = re.compile(r"WARNING: All log messages before absl::|[IWE]\d{4} \d\d:\d\d:[\d.]+ ")

_NEEDLESS = ("matplotlib", "pandas")


def is_chatter(line: str) -> bool:
    """Tell whether a line of standard error is TensorFlow talking about itself."""
    return _CHATTER.match(line) is not None


def import_keras(*, lean: bool = False) -> ModuleType:
    """Import Keras, with TensorFlow's start-up messages left out of standard error.

    `lean` leaves out what Keras imports if it is there and needs for plots and data frames
    alone, a fifth of the time; that cannot be had later in the same process.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "keras" in sys.modules:
        return sys.modules["keras"]
    with _chatter_left_out(), _left_out(_NEEDLESS if lean else ()):
        import keras

        # TensorFlow starts its threads and says so with the first operation.
        keras.ops.zeros(1)
    return sys.modules["keras"]


@contextlib.contextmanager
def _left_out(modules: Iterable[str]) -> Iterator[None]:
    """Let the import of some modules fail, as if they were not installed."""
    absent = _Absent(modules)
    sys.meta_path.insert(0, absent)
    try:
        yield
    finally:
        sys.meta_path.remove(absent)


class _Absent(MetaPathFinder):
    """Finds nothing of some modules, nor lets others find it.

    None in `sys.modules` would do the same for Python, but pyarrow, when another thread asks it
    something meanwhile, takes that None for pandas.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> None:
        if name.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"{name} is left out here", name=name)


@contextlib.contextmanager
def _chatter_left_out() -> Iterator[None]:
    """Hold back what native code writes to standard error; pass on all but the chatter."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held.read().decode(errors="replace").splitlines(keepends=True):
                if not is_chatter(line):
                    sys.stderr.write(line)
