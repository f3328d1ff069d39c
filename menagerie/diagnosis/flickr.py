"""Flickr: whether it answers, knows the key, and has the same time."""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException

from menagerie.diagnosis.check import Check, fault, note, ok
from menagerie.recipe import Recipe
from menagerie.settings import Settings

_SECONDS = 10.0
_TOLERATED_SECONDS = 60.0
_KEY = re.compile(r"[0-9a-f]{32}")
_GET_ONE = "get one at https://www.flickr.com/services/apps/create/ and set FLICKR_API_KEY"
_SYNCHRONISE = "let the system keep the time (NTP): crawls go by upload dates"


@dataclass(frozen=True, slots=True)
class Greeting:
    """What came of one call. `seconds_ahead` is how far this machine's clock is ahead."""

    seconds_ahead: float | None
    refusal: str | None = None
    silence: str | None = None


def greet(settings: Settings) -> Greeting:
    """Call `flickr.test.echo` once."""
    key = settings.flickr_api_key
    asked = {
        "method": "flickr.test.echo",
        "format": "json",
        "nojsoncallback": "1",
        "api_key": key.get_secret_value() if key else "",
    }
    join = "&" if "?" in settings.flickr_url else "?"
    url = f"{settings.flickr_url}{join}{urllib.parse.urlencode(asked)}"
    request = urllib.request.Request(url, headers={"User-Agent": settings.user_agent})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - checked
            told = json.load(answer)
            ahead = _seconds_ahead(answer.headers.get("Date"))
    except urllib.error.HTTPError as error:
        error.close()
        return Greeting(_seconds_ahead(error.headers.get("Date")), silence=f"status {error.code}")
    except (OSError, HTTPException, ValueError) as error:
        return Greeting(None, silence=str(getattr(error, "reason", "") or type(error).__name__))
    refused = None if told.get("stat") == "ok" else str(told.get("message", told))
    return Greeting(ahead, refused)


def _seconds_ahead(date: str | None) -> float | None:
    try:
        return time.time() - parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None


def check_key(settings: Settings, recipes: Sequence[Recipe], greeting: Greeting) -> Check:
    """Look whether there is a key, if a recipe needs one, and whether Flickr takes it."""
    asking = [recipe.name for recipe in recipes if recipe.source.kind == "flickr"]
    if settings.flickr_api_key is None:
        if asking:
            return fault("key", f"none, and {', '.join(asking)} ask Flickr", _GET_ONE)
        return ok("key", "none, and no recipe needs one")
    if greeting.refusal is not None:
        return fault("key", f"Flickr refuses it: {greeting.refusal}", _GET_ONE)
    if greeting.silence is not None:
        return note("key", f"set, not tried: no answer ({greeting.silence})", "see the network")
    if not _KEY.fullmatch(settings.flickr_api_key.get_secret_value()):
        return note("key", "set, in another form than Flickr's", _GET_ONE)
    return ok("key", "set, and Flickr takes it")


def check_clock(greeting: Greeting) -> Check:
    """Compare the clock with Flickr's."""
    ahead = greeting.seconds_ahead
    if ahead is None:
        return note("clock", "compared with nothing: Flickr did not answer", "see the network")
    side = "ahead of" if ahead > 0 else "behind"
    if abs(ahead) > _TOLERATED_SECONDS:
        return fault("clock", f"{abs(ahead):,.0f} s {side} Flickr's", _SYNCHRONISE)
    return ok("clock", "agrees with Flickr's")
