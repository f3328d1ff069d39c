"""What went wrong, told to programs as problem+json (RFC 9457) and to people as a page."""

import json
import logging
from http import HTTPStatus

from flask import Flask, Response, make_response, render_template, request
from sqlalchemy.exc import DatabaseError
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

from menagerie.errors import (
    BusyError,
    CallError,
    DecoderError,
    FlickrError,
    HomeError,
    MenagerieError,
    MissingModelError,
    MissingReleaseError,
    OrchestrationError,
    ReleaseError,
    TrainingError,
)

_log = logging.getLogger(__name__)

_STATUSES: tuple[tuple[type[MenagerieError], int], ...] = (
    (BusyError, 409),
    (MissingModelError, 404),
    (MissingReleaseError, 404),
    (HomeError, 503),
    (TrainingError, 503),
    (ReleaseError, 503),
    (DecoderError, 503),
    (OrchestrationError, 502),
    (FlickrError, 502),
    (CallError, 400),
)
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})

# What nobody found better words for where it was raised.
_OWN_WORDS: dict[type[HTTPException], str] = {
    NotFound: "There is nothing at this address. Begin at the first page; /api/v1/docs lists"
    " what programs may ask.",
    MethodNotAllowed: "This address is not asked that way; /api/v1/docs tells how.",
    RequestEntityTooLarge: "The request is larger than what may be sent there.",
}


def problem(status: int, detail: str, **more: object) -> Response:
    """Answer with a problem: what was wrong, what was received, what to do."""
    if not is_for_programs():
        page = render_template(
            "problem.html", status=status, title=_title(status), detail=detail, more=more
        )
        return make_response(page, status)
    document = {
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "detail": detail,
        "instance": request.path,
        **more,
    }
    return Response(
        json.dumps(document, ensure_ascii=False), status, mimetype="application/problem+json"
    )


def is_for_programs() -> bool:
    """Tell whether the request at hand is one of the API, or of those who watch the server."""
    return request.path.startswith("/api/") or request.path in _PROBES


def answer_problems(app: Flask) -> None:
    """Let an application answer with problems wherever it fails."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(MenagerieError, _failed)
    app.register_error_handler(DatabaseError, _stuck)
    app.register_error_handler(Exception, _broken)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _refused(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    detail = error.description or ""
    if detail == type(error).description:
        detail = _OWN_WORDS.get(type(error), detail)
    answer = problem(error.code or 500, detail)
    for name, value in error.get_headers():
        # What says how to ask instead: Allow, Retry-After, WWW-Authenticate.
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    return answer


def _failed(error: MenagerieError) -> Response:
    status = next((code for kind, code in _STATUSES if isinstance(error, kind)), 500)
    return problem(status, str(error))


def _stuck(error: DatabaseError) -> Response:
    _log.error("The catalog failed: %s", error.orig)
    return problem(503, "The catalog cannot be used just now. Try again in a while.")


def _broken(_: Exception) -> Response:
    _log.exception("A fault of menagerie at %s %s", request.method, request.path)
    return problem(500, "This is a fault of menagerie; the server's log tells more.")
