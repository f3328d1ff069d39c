"""Text in tables that people open in a spreadsheet, which would take some of it for formulas."""

import re

# OWASP, CSV injection. What is guarded already gets one more: so each text comes back as it was.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(text: str) -> str:
    """Keep a spreadsheet from taking somebody's text for a formula: a `'` before it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Undo `guarded`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
