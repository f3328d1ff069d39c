"""What Flickr's error codes mean: whether to wait or to stop, and what to do about it."""

from dataclasses import dataclass

from menagerie.errors import FlickrError, KeyRefusedError, MenagerieError, TransientError

EXCESSIVE_OFFSET = 20
"""A search was asked for results that Flickr does not show: it has come to its end."""

NOT_FOUND = 1
"""Of `photos.getInfo`: the photo was deleted or is private; from outside both look alike."""

PRIVATE = 2
"""Of `photos.getInfo`: the photo is private."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error code means, as a sentence to put after "Flickr", and what to do about it."""

    error: type[FlickrError] | type[TransientError]
    meaning: str
    remedy: str


def _later(meaning: str) -> Refusal:
    return Refusal(TransientError, meaning, "It is asked again.")


def _stop(meaning: str, remedy: str) -> Refusal:
    return Refusal(FlickrError, meaning, remedy)


def _key(meaning: str, remedy: str) -> Refusal:
    return Refusal(KeyRefusedError, meaning, remedy)


_UNSIGNED = "menagerie signs calls with FLICKR_API_SECRET: correct it, or unset it."
_NEWER = "Its API may have changed: update menagerie."

# As the API's documentation lists them. 201 and 0 are not in it, but come with "Sorry, the
# Flickr API service is not currently available." (gallery-dl and the Commons meet them daily.)
REFUSALS: dict[int, Refusal] = {
    0: _later("is not available for now"),
    1: _stop("finds too many tags in the search", "Search for fewer words in the recipe."),
    2: _stop("knows no such user", "Correct the owner in the recipe."),
    3: _stop("wants something to search for", "Correct the keyword in the recipe."),
    10: _later("cannot search for now"),
    18: _stop("finds that the search contradicts itself", "Correct the recipe's keywords."),
    EXCESSIVE_OFFSET: _stop("shows no results so far down", "Cut the search shorter."),
    95: _stop("wants an encrypted connection", "Let MENAGERIE_FLICKR_URL begin with https://."),
    96: _key("finds the signature of the call wrong", _UNSIGNED),
    97: _key("misses the signature of the call", _UNSIGNED),
    98: _key("does not accept the login", _UNSIGNED),
    99: _key("wants a login with more rights", _UNSIGNED),
    100: _key(
        "refuses the API key",
        "Correct FLICKR_API_KEY; keys are at https://www.flickr.com/services/apps/.",
    ),
    105: _later("is out of service for now"),
    106: _later("could not write for now"),
    111: _stop("does not know the format of the answer that is wanted", _NEWER),
    112: _stop("does not know the method", _NEWER),
    114: _stop("cannot read the call as SOAP", _NEWER),
    115: _stop("cannot read the call as XML-RPC", _NEWER),
    116: _stop("found an address in the call that it does not accept", _NEWER),
    201: _later("is not available for now"),
}

_OF_METHOD: dict[tuple[str, int], Refusal] = {
    ("photos.getInfo", NOT_FOUND): _stop(
        "does not find the photo", "It was deleted or is private: correct the id."
    ),
    ("photos.getInfo", PRIVATE): _stop("keeps the photo private", "Only its owner can see it."),
}

_EXPIRED = _key(
    "refuses the API key, which has expired",
    "Get another at https://www.flickr.com/services/apps/ and set FLICKR_API_KEY.",
)
_UNKNOWN = _stop(
    "refuses the call with a code that nobody knows", "Run the same command again later."
)


def refusal(method: str, code: int | None, text: str) -> MenagerieError:
    """Make the error of an answer with `stat: fail`: `text` is what Flickr says itself.

    Returns a TransientError where asking again may help, a KeyRefusedError where the key or the
    signature is at fault, and another FlickrError for everything else.
    """
    known = _UNKNOWN if code is None else _OF_METHOD.get((method, code)) or REFUSALS.get(code)
    known = known or _UNKNOWN
    if "not currently available" in text and known.error is not TransientError:
        known = REFUSALS[201]
    if code == 100 and "expired" in text.casefold():
        known = _EXPIRED
    number = "no code" if code is None else f"error {code}"
    said = text.strip()[:200] or "without a word"
    sentence = f"Flickr {known.meaning} ({method}, {number}: {said}). {known.remedy}"
    if issubclass(known.error, TransientError):
        return TransientError(sentence)
    return known.error(sentence, code)
