"""The whole site without its sockets: which part answers a request, and what goes wrong."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

from menagerie.errors import CallError
from menagerie.sandbox import control, openverse, rest
from menagerie.sandbox.errors import ApiError, OrderedErrors
from menagerie.sandbox.faults import Fault, Faults, Mischief
from menagerie.sandbox.formats import write_error
from menagerie.sandbox.ledger import Ledger
from menagerie.sandbox.openverse import Openverse
from menagerie.sandbox.photo_host import (
    NOT_FOUND,
    PhotoHost,
    PhotoRequest,
    Reply,
    elsewhere,
    found_at,
    parse_photo_path,
)
from menagerie.sandbox.placeholder import PATHS as PLACEHOLDER_PATHS
from menagerie.sandbox.placeholder import placeholder_png
from menagerie.sandbox.records import Universe
from menagerie.sandbox.renditions import Renditions
from menagerie.sandbox.throttle import Limits
from menagerie.sandbox.world import World

_OAUTH_KEY = re.compile(r'oauth_consumer_key="([^"]*)"')
# What does not make two requests different: who asks, and when.
_NOT_IDENTITY = re.compile(r"api_key|oauth_.*")

_HTML = "text/html; charset=utf-8"
_TOO_MANY = b"<html><head><title>429 Too Many Requests</title></head><body>Slow down</body></html>"
_MAINTENANCE = b"<html><body><h1>Flickr is having a massage</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Request:
    """A request, read off the wire. `form` holds the body."""

    method: str
    target: str
    host: str
    authorization: str = ""
    form: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reply and how its sending goes wrong: late, with a header, or cut in the middle."""

    reply: Reply
    wait_seconds: float = 0.0
    retry_after_seconds: int | None = None
    cut: bool = False


class Site:
    """REST endpoint, photo host, Openverse and control endpoint on one universe."""

    def __init__(self, universe: Universe, faults: Faults, cache_dir: Path | None) -> None:
        world = World(universe)
        self._api = rest.Api(world)
        self._openverse = Openverse(world)
        self._photo_host = PhotoHost(world, Renditions(cache_dir))
        self._mischief = Mischief(faults)
        self._limits = Limits()
        self._ordered_errors = OrderedErrors()
        self._ledger = Ledger()
        self._control = control.Control(world, self._mischief, self._ordered_errors, self._ledger)

    def answer(self, request: Request) -> Outcome:
        """Answer a request."""
        path = urlsplit(request.target).path
        if path.rstrip("/") == rest.PATH:
            return self._rest(request)
        if path.rstrip("/") == openverse.PATH:
            return self._images(request)
        if path == control.PATH:
            return Outcome(self._obey(request))
        if path in PLACEHOLDER_PATHS:
            return Outcome(Reply(200, placeholder_png(), "image/png"))
        photo = parse_photo_path(path)
        return Outcome(NOT_FOUND) if photo is None else self._photo(photo, request)

    def _rest(self, request: Request) -> Outcome:
        parameters = call_parameters(request)
        method = parameters.get("method", "")
        self._ledger.count_call(method)
        fault = self._mischief.strike("rest", _identity(parameters))
        error = self._ordered_errors.take(method)
        if error is None and fault.api_code is not None:
            error = ApiError(fault.api_code)
        if error is None:
            call = rest.Call(parameters, f"http://{request.host}", fault.quirks)
            body = self._api.answer(call)
        else:
            body = write_error(parameters, error)
        return self._spoil(Reply(200, body.content, body.content_type), fault)

    def _images(self, request: Request) -> Outcome:
        self._ledger.count_call("openverse.images")
        wait_seconds = self._limits.openverse(self._mischief.faults.limits)
        if wait_seconds is not None:
            refusal = openverse.throttled(wait_seconds)
            return Outcome(refusal, retry_after_seconds=wait_seconds)
        fault = self._mischief.strike("openverse", request.target)
        answer = self._openverse.answer(call_parameters(request), f"http://{request.host}")
        return self._spoil(answer, fault)

    def _photo(self, photo: PhotoRequest, request: Request) -> Outcome:
        self._ledger.count_photo_request(photo.photo_id)
        too_many = self._limits.photo(self._mischief.faults.limits)
        if too_many is not None:
            wait_seconds = too_many.retry_after_seconds
            return Outcome(Reply(429, _TOO_MANY), retry_after_seconds=wait_seconds)
        fault = self._mischief.strike("photo", request.target)
        base_url = f"http://{request.host}"
        if "redirect" in fault.quirks and base_url != elsewhere(base_url):
            return self._spoil(found_at(elsewhere(base_url) + request.target), fault)
        reply = self._photo_host.answer(photo, base_url, fault.quirks)
        outcome = self._spoil(reply, fault)
        if outcome.reply is reply and reply.status == 200 and not outcome.cut:
            self._ledger.count_photo_served(photo.photo_id)
        return outcome

    def _spoil(self, reply: Reply, fault: Fault) -> Outcome:
        """Apply a fault to a reply."""
        faults = self._mischief.faults
        wait_seconds = faults.slow_seconds if fault.slow else 0.0
        retry_after = None
        if fault.kind in ("429", "429-retry-after"):
            reply = Reply(429, _TOO_MANY)
            retry_after = faults.retry_after_seconds if fault.kind == "429-retry-after" else None
        elif fault.kind in ("500", "502", "503"):
            reply = Reply(int(fault.kind), _MAINTENANCE)
        elif fault.kind in ("html", "content-type"):
            reply = Reply(200, _MAINTENANCE, _HTML)
        return Outcome(reply, wait_seconds, retry_after, fault.kind == "drop")

    def _obey(self, request: Request) -> Reply:
        status = 200
        answer: dict[str, object]
        if request.method == "GET":
            brief = "brief" in parse_qs(urlsplit(request.target).query)
            answer = self._control.report(brief=brief)
        else:
            try:
                answer = self._control.obey(request.form)
            except CallError as error:
                status, answer = 400, {"error": str(error)}
        return Reply(status, json.dumps(answer).encode(), "application/json")


def call_parameters(request: Request) -> dict[str, str]:
    """Return the parameters of a call, from its address, its form and its signature."""
    parameters = dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
    parameters.update(parse_qsl(request.form.decode("utf-8", "replace"), keep_blank_values=True))
    # A client that signs by OAuth sends its key in a header only.
    signed = _OAUTH_KEY.search(request.authorization)
    if signed:
        parameters.setdefault("api_key", signed[1])
    return parameters


def _identity(parameters: Mapping[str, str]) -> str:
    told = sorted(item for item in parameters.items() if not _NOT_IDENTITY.fullmatch(item[0]))
    return blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()
