"""Transport: one call of the Flickr API through flickrapi, its faults told apart."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from weakref import WeakSet

import flickrapi
import flickrapi.auth
import requests

from menagerie.errors import MissingKeyError, ParseError, TransientError, UnreachableError
from menagerie.flickr.refusals import refusal
from menagerie.retry import Gate, Patience, persist, seconds_to_wait
from menagerie.settings import Settings

Result = TypeVar("Result")

_TIMEOUT_SECONDS = 30.0

_log = logging.getLogger(__name__)

# At DEBUG these write calls out with the key, and signatures.
_TALKATIVE = ("flickrapi", "oauthlib", "requests_oauthlib")


class Budget(Protocol):
    """How many calls may be made."""

    def spend(self) -> float:
        """Take a call from the budget and return 0; or take none and return how long to wait."""


class Unlimited:
    """A budget without end, for calls that cost nobody anything."""

    def spend(self) -> float:
        """Take a call."""
        return 0.0


_WORTH_A_WORD_SECONDS = 5.0


class _OverBudgetError(Exception):
    """The hour's calls are spent; carries how long to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class FlickrClient:
    """Calls the API with patience. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        patience: Patience | None = None,
        budget: Budget | None = None,
    ) -> None:
        """Prepare calls; opens no connection.

        Raises:
            MissingKeyError: no key is set.
            SettingsError: no contact is set, and Flickr itself would be asked.
        """
        if settings.flickr_api_key is None or not settings.flickr_api_key.get_secret_value():
            raise MissingKeyError(
                "Flickr needs an API key and FLICKR_API_KEY is not set. Get one at"
                " https://www.flickr.com/services/apps/create/ and set it, or set source.kind ="
                ' "openverse" in the recipe, or try `menagerie demo`: both need none.'
            )
        settings.refuse_anonymous(settings.flickr_url)
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._settings = settings
        self._key = settings.flickr_api_key.get_secret_value()
        self._patience = patience or Patience()
        self._budget = budget or Unlimited()
        self._gate = Gate()
        self._local = threading.local()
        self._apis: WeakSet[_Api] = WeakSet()

    def stop(self) -> None:
        """Let whoever calls end at the next occasion."""
        self._gate.stop()

    def close(self) -> None:
        """Stop, and close all connections."""
        self.stop()
        for api in list(self._apis):
            api.flickr_oauth.session.close()

    def call(self, method: str, parse: Callable[[Any], Result], **arguments: str | int) -> Result:
        """Make one API call such as `photos.search` and return what `parse` makes of its JSON.

        Raises:
            KeyRefusedError: the key is invalid, expired or switched off.
            FlickrError: the API refused for good; see `menagerie.flickr.refusals`.
            UnreachableError: no usable answer came, however often it was asked.
            StoppedError: the work was stopped.
        """
        while True:
            try:
                return persist(
                    lambda: self._ask(method, parse, arguments), self._patience, self._gate
                )[0]
            except _OverBudgetError as error:
                self._wait(error.seconds)
            except TransientError as error:
                raise UnreachableError(
                    f"Flickr gave no usable answer at {self._settings.flickr_url} in"
                    f" {error.attempts} attempts; the last one: {error}"
                    " Check the network and run the same command again; nothing is lost."
                ) from None

    def _wait(self, seconds: float) -> None:
        if seconds > _WORTH_A_WORD_SECONDS:
            until = time.strftime("%H:%M:%S", time.localtime(time.time() + seconds))
            _log.warning(
                "This hour's calls of the Flickr API are spent: going on at %s, in %.0f s.",
                until,
                seconds,
            )
        self._gate.pause(seconds)

    def _ask(
        self, method: str, parse: Callable[[Any], Result], arguments: dict[str, str | int]
    ) -> Result:
        seconds = self._budget.spend()
        if seconds > 0:
            raise _OverBudgetError(seconds)
        try:
            return parse(self._api().do_flickr_call(f"flickr.{method}", **arguments))
        except ParseError as error:
            raise TransientError(self._hushed(str(error))) from None
        except flickrapi.FlickrError as error:
            text = str(error).removeprefix(f"Error: {error.code}: ")
            raise refusal(method, error.code, self._hushed(text)) from None
        except (ValueError, AttributeError, KeyError, TypeError):
            # flickrapi reads the parsed answer as a mapping, whatever it is.
            raise TransientError(f"{method} answered something that is not JSON.") from None

    def _hushed(self, text: str) -> str:
        """Leave out the key, should an answer repeat it."""
        return text.replace(self._key, "(the key)")

    def _api(self) -> "_Api":
        # flickrapi is not made for threads: one object each.
        if not hasattr(self._local, "api"):
            self._local.api = _Api(self._settings)
            self._apis.add(self._local.api)
        api: _Api = self._local.api
        return api


class _Api(flickrapi.FlickrAPI):  # type: ignore[misc]
    """flickrapi's client against any endpoint, with a transport that tells faults apart."""

    def __init__(self, settings: Settings) -> None:
        assert settings.flickr_api_key is not None
        key = settings.flickr_api_key.get_secret_value()
        secret = settings.flickr_api_secret.get_secret_value() if settings.flickr_api_secret else ""
        super().__init__(key, secret, format="parsed-json", store_token=False, cache=False)
        self.REST_URL = settings.flickr_url
        self.flickr_oauth = _Transport(key, secret, self.token_cache, _TIMEOUT_SECONDS)
        self.flickr_oauth.session.headers["User-Agent"] = settings.user_agent


class _Transport(flickrapi.auth.OAuthFlickrInterface):  # type: ignore[misc]
    """Performs requests; flickrapi's own hides the status and the headers of a failure."""

    def __init__(self, key: str, secret: str, token_cache: Any, timeout: float) -> None:
        super().__init__(key, secret, token_cache, default_timeout=timeout)
        self._key, self._signs = key, bool(secret)
        self.session = requests.Session()

    def do_request(
        self, url: str, params: dict[str, Any] | None = None, timeout: float | None = None
    ) -> bytes:
        """Perform one request and return the body of a 200.

        Raises:
            TransientError: any other answer, or none.
        """
        # Public searches need no signature; without a secret the key goes as a parameter.
        data = dict(params or {}) if self._signs else {**(params or {}), "api_key": self._key}
        try:
            answer = self.session.post(
                url,
                data=data,
                auth=self.oauth if self._signs else None,
                timeout=timeout or self.default_timeout,
                allow_redirects=False,
            )
        except requests.ConnectTimeout:
            raise TransientError("no connection in time.", connected=False) from None
        except requests.ConnectionError as error:
            refused = "NewConnectionError" in repr(error) or "NameResolution" in repr(error)
            raise TransientError(
                "no connection." if refused else "the connection broke.", connected=not refused
            ) from None
        except requests.RequestException as error:
            raise TransientError(f"{type(error).__name__} while reading.") from None
        if answer.status_code != 200:
            raise TransientError(
                f"HTTP status {answer.status_code}.",
                seconds_to_wait(answer.headers.get("Retry-After")),
                slow_down=answer.status_code == 429,
            )
        return answer.content
