"""Transport: one call of Openverse's image search, its refusals told apart."""

import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from menagerie.errors import OpenverseError, ParseError, TransientError
from menagerie.retry import Gate, Patience, persist
from menagerie.settings import Settings
from menagerie.sources.openverse_results import Results, parse_results

PAGE_SIZE = 20
"""Results on a page, at most, for those without an account."""

DEEPEST = 240
"""Results of a search that can be seen, at most, by those without an account."""

LONGEST_WAIT_SECONDS = 90.0
"""The limit of a minute is waited for, the limit of a day is not."""

_TIMEOUT = urllib3.Timeout(connect=10.0, read=30.0)


class OpenverseClient:
    """Searches without a key, as patiently as Openverse asks. Safe to share between threads."""

    def __init__(self, settings: Settings, patience: Patience | None = None) -> None:
        """Prepare calls; opens no connection.

        Raises:
            SettingsError: no contact is set, and Openverse itself would be asked.
        """
        settings.refuse_anonymous(settings.openverse_url)
        self._url = urlsplit(settings.openverse_url)
        self._patience = patience or Patience()
        self._gate = Gate()
        self._pool = urllib3.PoolManager(
            retries=False, timeout=_TIMEOUT, headers={"User-Agent": settings.user_agent}
        )

    def stop(self) -> None:
        """Let whoever searches end at the next occasion."""
        self._gate.stop()

    def close(self) -> None:
        """Stop, and close all connections."""
        self.stop()
        self._pool.clear()

    def search(self, keyword: str, licenses: tuple[str, ...], page: int) -> Results:
        """Ask for a page of Flickr's photos; `licenses` are Openverse's names, () for any.

        Raises:
            OpenverseError: it refuses, wants a long pause, or gives no usable answer.
        """
        asked = {"q": keyword, "source": "flickr", "page": page, "page_size": PAGE_SIZE}
        if licenses:
            asked["license"] = ",".join(licenses)
        try:
            results, _ = persist(lambda: self._ask(asked), self._patience, self._gate)
        except TransientError as error:
            raise OpenverseError(
                f"Openverse gave no usable answer at {self._url.netloc} in {error.attempts}"
                f" attempts; the last one: {error} Check the network and run the same command"
                " again; nothing is lost."
            ) from None
        return results

    def _ask(self, asked: Mapping[str, object]) -> Results:
        query = "&".join(filter(None, (self._url.query, urlencode(asked))))
        path = f"{self._url.path.rstrip('/')}/images/"
        try:
            answer = self._pool.request(
                "GET", urlunsplit(self._url._replace(path=path, query=query)), redirect=False
            )
        except (NewConnectionError, NameResolutionError, ConnectTimeoutError):
            raise TransientError("no connection.", connected=False) from None
        except HTTPError as error:
            raise TransientError(f"the connection broke ({type(error).__name__}).") from None
        _refuse_status(answer)
        try:
            return parse_results(json.loads(answer.data))
        except (ParseError, ValueError, RecursionError) as error:
            raise TransientError(f"the answer is not as documented: {error!s:.200}") from None


def _refuse_status(answer: urllib3.BaseHTTPResponse) -> None:
    if answer.status == 200:
        return
    said = answer.headers.get("Retry-After", "").strip()
    seconds = float(said[:9]) if said.isascii() and said.isdigit() else None
    if answer.status == 429 and seconds is not None and seconds > LONGEST_WAIT_SECONDS:
        until = time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() + seconds))
        raise OpenverseError(
            f"Openverse admits no more calls without an account until {until} UTC. What was found"
            " is kept; run the same command again then, and it goes on from here."
        )
    if answer.status in {408, 425, 429} or answer.status >= 500:
        raise TransientError(
            f"HTTP status {answer.status}.", seconds, slow_down=answer.status == 429
        )
    raise OpenverseError(
        f"Openverse refuses the search with HTTP status {answer.status} (it said:"
        f" {_detail(answer.data)}). Correct the recipe or MENAGERIE_OPENVERSE_URL."
    )


def _detail(body: bytes) -> str:
    try:
        return f"{json.loads(body)['detail']!s:.200}"
    except (ValueError, TypeError, KeyError, RecursionError):
        return "nothing readable"
