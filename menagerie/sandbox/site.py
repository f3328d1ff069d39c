"""The whole site without its sockets: which part answers a request, and what goes wrong."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from menagerie.errors import CallError
from menagerie.sandbox import control, rest
from menagerie.sandbox.errors import ApiError
from menagerie.sandbox.faults import Fault, Faults, Mischief
from menagerie.sandbox.formats import write_error
from menagerie.sandbox.ledger import Ledger
from menagerie.sandbox.photo_host import PhotoHost, PhotoRequest, Reply, parse_photo_path
from menagerie.sandbox.placeholder import PATH as PLACEHOLDER_PATH
from menagerie.sandbox.placeholder import placeholder_png
from menagerie.sandbox.records import Universe
from menagerie.sandbox.renditions import Renditions
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
    """REST endpoint, photo host, placeholder and control endpoint on one universe."""

    def __init__(self, universe: Universe, faults: Faults, cache_dir: Path | None) -> None:
        world = World(universe)
        self._api = rest.Api(world)
        self._photo_host = PhotoHost(world, Renditions(cache_dir))
        self._mischief = Mischief(faults)
        self._ledger = Ledger()
        self._control = control.Control(world, self._mischief, self._ledger)

    def answer(self, request: Request) -> Outcome:
        """Answer a request."""
        path = urlsplit(request.target).path
        if path.rstrip("/") == rest.PATH:
            return self._rest(request)
        if path == control.PATH:
            return Outcome(self._obey(request))
        if path == PLACEHOLDER_PATH:
            return Outcome(Reply(200, placeholder_png(), "image/png"))
        photo = parse_photo_path(path)
        if photo is not None:
            return self._photo(photo, request)
        return Outcome(Reply(404, b"<html><body>404 Not Found</body></html>"))

    def _rest(self, request: Request) -> Outcome:
        parameters = call_parameters(request)
        self._ledger.count_call(parameters.get("method", ""))
        fault = self._mischief.strike("rest", _identity(parameters))
        if fault.kind == "105":
            body = write_error(parameters, ApiError(105, "Service currently unavailable"))
            return self._spoil(Reply(200, body.content, body.content_type), fault)
        body = self._api.answer(parameters, f"http://{request.host}")
        return self._spoil(Reply(200, body.content, body.content_type), fault)

    def _photo(self, photo: PhotoRequest, request: Request) -> Outcome:
        self._ledger.count_photo_request(photo.photo_id)
        fault = self._mischief.strike("photo", request.target)
        reply = self._photo_host.answer(photo, f"http://{request.host}")
        outcome = self._spoil(reply, fault)
        if outcome.reply is reply and reply.status == 200 and not outcome.cut:
            self._ledger.count_photo_served()
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
            answer = self._control.report()
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
