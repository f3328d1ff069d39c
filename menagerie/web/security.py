"""What every request passes and every answer carries."""

import logging
import math
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate

from menagerie.web.attempts import Attempts
from menagerie.web.problems import is_for_programs
from menagerie.web.site import this_site

_log = logging.getLogger(__name__)

_View = TypeVar("_View", bound=Callable[..., ResponseReturnValue])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGNED_IN = "signed_in"
SESSION_DAYS = 7

# Nothing but our own files, no inline script or style, no frame around or inside.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Photo pages at Flickr need not learn where they were looked at.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
}


def open_to_all(view: _View) -> _View:
    """Mark a view that needs no token."""
    view.is_open = True  # type: ignore[attr-defined]
    return view


def secure(app: Flask, attempts: Attempts) -> None:
    """Let an application refuse who may not ask, and tell browsers what pages may do."""

    @app.before_request
    def check() -> ResponseReturnValue | None:
        _check_host()
        _check_origin()
        return _check_token(app, attempts)

    app.after_request(_harden)


def _check_host() -> None:
    if not this_site().access.admits_host(request.headers.get("Host", "")):
        abort(
            421,
            "This server does not go by that name. Use the address that it printed, or start it"
            " with --name NAME.",
        )


def _check_origin() -> None:
    """Refuse what another site makes a browser send: see docs/decisions/0015.

    Browsers say by Sec-Fetch-Site who asks, where they trust the connection, and otherwise by
    Origin. Who sends neither is no browser and holds no cookie of anybody.
    """
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        is_ours = site in {"same-origin", "none"}
    else:
        is_ours = origin is None or urlsplit(origin).netloc == request.headers.get("Host")
    if not is_ours:
        abort(403, "Another site sent this. Use the pages of this server itself.")


def _check_token(app: Flask, attempts: Attempts) -> ResponseReturnValue | None:
    access = this_site().access
    view = app.view_functions.get(request.endpoint or "")
    if access.token is None or getattr(view, "is_open", False) or session.get(SIGNED_IN):
        return None
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and check_token(attempts, token.strip()):
        return None
    if is_for_programs() or request.method not in SAFE_METHODS:
        denied = "Send the token of this server: Authorization: Bearer TOKEN, or sign in."
        abort(401, denied, www_authenticate=WWWAuthenticate("bearer"))
    return redirect(url_for("signing_in.sign_in", next=request.full_path.rstrip("?")))


def check_token(attempts: Attempts, token: str) -> bool:
    """Tell whether a token is right; answers 429 to who has guessed too often."""
    asker = request.remote_addr or ""
    wait_seconds = attempts.wait_seconds(asker)
    if wait_seconds:
        refusal = "Too many wrong tokens. Wait a minute, then try again."
        abort(429, refusal, retry_after=math.ceil(wait_seconds))
    if this_site().access.admits_token(token):
        return True
    attempts.note_failure(asker)
    _log.warning("A wrong token from %s", asker)
    return False


def _harden(answer: Response) -> Response:
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
