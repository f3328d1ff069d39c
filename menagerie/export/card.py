"""The README of an export: the release's card, with the files of the export."""

from menagerie.export.layout import Card

_ALWAYS_THERE = """\
- `CREDITS.csv`: creator, title and licence of every photo. Changes made to all of them: cropped \
and resized.
- `classes.json`: the labels in the order of their class numbers; `export.json`: what this was \
made from.
"""
_FENCE = "---\n"
_HEADING = "\n## Files\n"


def adapt_card(release_card: str, card: Card) -> str:
    """Put the format's lines into the head of a release's card, and its files for the arrays."""
    text = _with_head(release_card, card.head)
    before, _, after = text.partition(_HEADING)
    _, next_heading, rest = after.partition("\n## ")
    files = f"{card.files}{_ALWAYS_THERE}\n{card.use}"
    return f"{before}{_HEADING}\n{files}{next_heading}{rest}"


def _with_head(text: str, head: str) -> str:
    if not head:
        return text
    fence, _, after = text.partition(_FENCE)
    own, closing, body = after.partition(f"\n{_FENCE}")
    if fence or not closing:
        return f"{_FENCE}{head}{_FENCE}\n{text}"
    return f"{_FENCE}{own}\n{head}{_FENCE}{body}"
