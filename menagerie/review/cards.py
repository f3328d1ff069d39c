"""A photo as a page or the API shows it: whose it is, what is known of it, what holds of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from menagerie.catalog.answers import Word, newest_words
from menagerie.catalog.database import Catalog
from menagerie.catalog.decisions import standings
from menagerie.catalog.looking import Details, details_of
from menagerie.catalog.reporting import Credit, credits_of
from menagerie.catalog.subjects import Judgeable
from menagerie.curation.standing import Choice, counted
from menagerie.recipe import Recipe
from menagerie.review.listing import Listing

_SIGN = 1 << 64


@dataclass(frozen=True, slots=True)
class Card:
    """A photo with its credits; `score` is None where its relevance was not told."""

    about: Details
    credit: Credit
    score: float | None

    @property
    def thumb(self) -> str | None:
        """The hash to ask a small picture by, None where none may be shown."""
        return self.about.sha256 if self.about.is_sound and not self.about.is_gone else None

    @property
    def state(self) -> str:
        """What a person decided: `keep`, `label` or `reject`; empty for nothing."""
        return self.about.choice.value if self.about.choice else ""

    @property
    def mark(self) -> str:
        """The mark of the newest decision, empty for none: see `menagerie.answering`."""
        return self.about.word.mark if self.about.word else ""

    @property
    def uploaded(self) -> str:
        """The day of the upload, empty where nobody knows."""
        moment = self.about.uploaded_at
        return time.strftime("%Y-%m-%d", time.gmtime(moment)) if moment else ""

    def state_json(self) -> dict[str, object]:
        """Return what holds of the photo now."""
        about = self.about
        return _state(about.photo_id, about.label, about.choice, about.word)

    def to_json(self) -> dict[str, object]:
        """Return the photo as the API tells it."""
        about, credit = self.about, self.credit
        return {
            **self.state_json(),
            "key": about.key,
            "sha256": about.sha256,
            "thumb": f"/thumbs/{self.thumb}" if self.thumb else None,
            "title": credit.title,
            "owner": about.owner,
            "creator": credit.creator,
            "license": credit.license,
            "license_url": credit.license_url,
            "page_url": credit.page_url,
            "labels": list(about.labels),
            "reason": about.reason.value,
            "instead_of": about.instead_of,
            "group": about.group_key,
            "score": self.score,
            "width": about.width,
            "height": about.height,
            "uploaded": self.uploaded,
        }


def cards_of(catalog: Catalog, listing: Listing, keys: Sequence[int]) -> list[Card]:
    """Return the photos of some keys, in their order; those that were forgotten are left out."""
    recipe = listing.recipe
    found = details_of(catalog, recipe, keys)
    credited = credits_of(catalog, recipe, keys)
    return [
        Card(found[key], credited[key], _score(listing, key))
        for key in keys
        if key in found and key in credited
    ]


def _score(listing: Listing, key: int) -> float | None:
    place = listing.place_of(key)
    score = None if place is None else float(listing.columns.scores[place])
    return None if score is None or score != score else score


def _state(
    photo_id: str, label: str, choice: Choice | None, word: Word | None
) -> dict[str, object]:
    return {
        "photo": photo_id,
        "state": choice.value if choice else "",
        "label": label,
        "mark": word.mark if word else "",
        "who": word.who if word else "",
        "note": word.note if word and word.choice is not Choice.WITHDRAW else "",
    }


def state_now(catalog: Catalog, recipe: Recipe, photo: Judgeable) -> dict[str, object]:
    """Return what holds of a photo by now."""
    with catalog.begin() as connection:
        said = standings(connection, recipe.labels, [photo.key])
        words = newest_words(connection, recipe.labels, [photo.key])
    (label, *_), choice = counted(said.get(photo.key), photo.labels)
    return _state(photo.photo_id, label, choice, words.get(photo.key))


def differences(card: Card, other: Card) -> list[str]:
    """Say in a few words how a photo differs from the one that is kept instead."""
    a, b = card.about, other.about
    found = []
    if a.sha256 == b.sha256:
        found.append("same bytes")
    if (a.width, a.height) != (b.width, b.height) and a.width and a.height and b.width and b.height:
        larger = "larger" if a.width * a.height > b.width * b.height else "smaller"
        found.append(f"{larger}: {a.width} × {a.height}")  # noqa: RUF001 - a times sign
    if a.sha256 != b.sha256 and a.phash is not None and b.phash is not None:
        bits = ((a.phash ^ b.phash) % _SIGN).bit_count()
        found.append(f"{bits} of 64 bits apart")
    if a.owner != b.owner:
        found.append("another owner")
    if card.credit.license != other.credit.license:
        found.append("another licence")
    if card.uploaded != other.uploaded and card.uploaded and other.uploaded:
        earlier = a.uploaded_at < b.uploaded_at
        found.append(f"uploaded {'earlier' if earlier else 'later'}: {card.uploaded}")
    if a.labels != b.labels:
        found.append(f"found as {' and '.join(a.labels)}")
    return found
