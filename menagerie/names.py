"""Names of files as text that is safe to show and to write."""

import re

_NO_TEXT = re.compile(r"[\udc80-\udcff]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def shown_name(name: str) -> str:
    r"""Return a name whose bytes that are no text are written out, such as `\xff`.

    The system's names are any bytes; Python holds those that are no UTF-8 as lone surrogates,
    which no JSON document may hold.
    """
    return _NO_TEXT.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", name)


def one_line(text: str) -> str:
    """Write control characters out, which would do something to a terminal instead of be seen."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
