"""The closed lists of states and reasons: every photo of a dataset has exactly one of each."""

from enum import StrEnum


class State(StrEnum):
    """Where a photo stands in the funnel."""

    PENDING = "pending"
    REJECTED = "rejected"
    KEPT = "kept"


class Reason(StrEnum):
    """Why a photo stands there."""

    ACCEPTED = "accepted"

    AWAITING_DOWNLOAD = "awaiting_download"
    DOWNLOAD_FAILED = "download_failed"
    AWAITING_DECODE = "awaiting_decode"
    AWAITING_VERDICT = "awaiting_verdict"
    AWAITING_REVIEW = "awaiting_review"

    NOT_A_PHOTO = "not_a_photo"
    LICENSE = "license"
    OPTED_OUT = "opted_out"
    REJECTED_BY_PERSON = "rejected_by_person"
    CROSS_LABEL = "cross_label"
    OWNER_OVER_CAP = "owner_over_cap"
    NO_RENDITION = "no_rendition"
    GONE = "gone"
    REFUSED = "refused"
    TOO_MANY_BYTES = "too_many_bytes"
    PLACEHOLDER = "placeholder"
    BROKEN = "broken"
    BOMB = "bomb"
    TOO_SMALL = "too_small"
    ODD_ASPECT = "odd_aspect"
    BLANK = "blank"
    DARK = "dark"
    BRIGHT = "bright"
    LOW_INFORMATION = "low_information"
    BLURRED = "blurred"
    GREYSCALE = "greyscale"
    TEXT = "text"
    ODD_SIZE = "odd_size"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    IRRELEVANT = "irrelevant"
    BRIDGES_SPLIT = "bridges_split"

    @property
    def state(self) -> State:
        """The state that this reason puts a photo in."""
        if self is Reason.ACCEPTED:
            return State.KEPT
        return State.PENDING if self in _PENDING else State.REJECTED

    @property
    def meaning(self) -> str:
        """One sentence for people."""
        return _MEANINGS[self]


_PENDING = frozenset(
    {
        Reason.AWAITING_DOWNLOAD,
        Reason.DOWNLOAD_FAILED,
        Reason.AWAITING_DECODE,
        Reason.AWAITING_VERDICT,
        Reason.AWAITING_REVIEW,
    }
)

NEVER_OUTRANKED = frozenset(
    {
        Reason.NOT_A_PHOTO,
        Reason.LICENSE,
        Reason.OPTED_OUT,
        Reason.NO_RENDITION,
        Reason.GONE,
        Reason.REFUSED,
        Reason.TOO_MANY_BYTES,
        Reason.PLACEHOLDER,
        Reason.BROKEN,
        Reason.BOMB,
        Reason.DUPLICATE,
        Reason.BRIDGES_SPLIT,
    }
)
"""What keeps a photo out whatever people decide."""

_MEANINGS = {
    Reason.ACCEPTED: "Passed every rule; stands in the release.",
    Reason.AWAITING_DOWNLOAD: "Found, allowed, not fetched yet.",
    Reason.DOWNLOAD_FAILED: "The photo host failed for now; the next collect tries again.",
    Reason.AWAITING_DECODE: "Fetched, not decoded yet.",
    Reason.AWAITING_VERDICT: "Decoded, not judged yet.",
    Reason.AWAITING_REVIEW: "It may not show its label; a person is to say.",
    Reason.NOT_A_PHOTO: "A video or another medium.",
    Reason.LICENSE: "The licence does not permit what the recipe needs.",
    Reason.OPTED_OUT: "The owner opted out of computer vision with the tag no_cv.",
    Reason.REJECTED_BY_PERSON: "A person decided against it.",
    Reason.CROSS_LABEL: "The same picture was found under two labels.",
    Reason.OWNER_OVER_CAP: "The owner has more photos here than the recipe admits.",
    Reason.NO_RENDITION: "Flickr listed no file that could be fetched.",
    Reason.GONE: "Deleted or private by the time it was fetched.",
    Reason.REFUSED: "The photo host refuses this file, or sends elsewhere for it.",
    Reason.TOO_MANY_BYTES: "The file is larger than any rendition should be.",
    Reason.PLACEHOLDER: "Flickr's picture of an unavailable photo, not the photo.",
    Reason.BROKEN: "The file is cut off, empty, or no picture.",
    Reason.BOMB: "More pixels than any rendition should have; not decoded.",
    Reason.TOO_SMALL: "The shorter edge is below the recipe's minimum.",
    Reason.ODD_ASPECT: "Much longer than wide, or wider than long.",
    Reason.BLANK: "Nearly one colour.",
    Reason.DARK: "Too dark to see anything.",
    Reason.BRIGHT: "Too bright to see anything.",
    Reason.LOW_INFORMATION: "Hardly more than one shade: next to nothing to see.",
    Reason.BLURRED: "Out of focus.",
    Reason.GREYSCALE: "Black and white, which the recipe does not want.",
    Reason.TEXT: "A page of text, or the like.",
    Reason.ODD_SIZE: "Far larger or smaller than the dataset's other photos.",
    Reason.DUPLICATE: "The same bytes as another photo, which is kept or judged instead.",
    Reason.NEAR_DUPLICATE: "Nearly the same picture as another photo, which is kept instead.",
    Reason.IRRELEVANT: "It does not seem to show its label.",
    Reason.BRIDGES_SPLIT: "Ties photos of the training split to photos of the test split.",
}
