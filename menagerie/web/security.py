"""What every request passes and every answer carries."""

import logging
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, redirect, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate

from menagerie.web.attempts import Attempts
from menagerie.web.problems import is_for_programs
from menagerie.web.site import this_site

if TYPE_CHECKING:  # It is nowhere else.
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # Photo pages at Flickr need not learn where they were looked at.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cache-Control", "no-store"),
)


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

    app.session_interface = _Sessions()
    app.wsgi_app = _hardened(app.wsgi_app)  # type: ignore[assignment,method-assign]


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


def _hardened(application: "WSGIApplication") -> "WSGIApplication":
    """Let an application's answers carry what they do not carry already.

    Here and not in Flask, whose headers take longer to add than a small photo to decode.
    """

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            named = {name.lower() for name, _ in headers}
            more = [each for each in _HEADERS if each[0].lower() not in named]
            return start(status, headers + more, *error)

        return application(environ, begin)

    return answer


class _Sessions(SecureCookieSessionInterface):
    """Spares programs, which send no cookie, the making and keeping of a session."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie, if there is one."""
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie, if anybody has looked at it."""
        if session.accessed or session.modified or session:
            super().save_session(app, session, response)
