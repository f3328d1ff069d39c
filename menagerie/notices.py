"""What the library has to say to whoever watches: its warnings, as lines."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Saying(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(record.getMessage())


@contextmanager
def notices(say: Callable[[str], None]) -> Iterator[None]:
    """Let every warning of the library be said, for as long as the block runs."""
    logger, handler = logging.getLogger("menagerie"), _Saying(say)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
