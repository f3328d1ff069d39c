"""The application: its views, its security, its templates and files, put together."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, send_from_directory
from jinja2 import StrictUndefined

from menagerie import __version__
from menagerie.terms import NOTICE
from menagerie.web import (
    api,
    docs,
    home,
    photo_routes,
    predicting,
    probes,
    report_pages,
    review_api,
    review_pages,
    threshold_pages,
)
from menagerie.web.access import Access
from menagerie.web.attempts import Attempts
from menagerie.web.measures import measure
from menagerie.web.problems import answer_problems
from menagerie.web.security import SESSION_DAYS, open_to_all, secure
from menagerie.web.signing_in import signing_in
from menagerie.web.site import install, open_site, this_site
from menagerie.web.uploading import InMemoryRequest
from menagerie.workshop import Workshop

_STATIC = Path(__file__).with_name("static")
_YEAR_SECONDS = 31_536_000
_LARGEST_REQUEST = 2**20

BLUEPRINTS = (
    home.views,
    photo_routes.views,
    review_pages.views,
    review_api.views,
    threshold_pages.views,
    predicting.views,
    report_pages.views,
    api.views,
    docs.views,
    probes.views,
)
"""Every part of the pages; the API among them."""


class _Pages(Flask):
    def ensure_sync(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Return a view as it is: none of ours is asynchronous, and Flask would look each time."""
        return view


def create_app(shop: Workshop, access: Access | None = None) -> Flask:
    """Build the pages of a workshop for those whom `access` admits: by default, this machine.

    The workshop must stay open for as long as the application is asked.
    """
    app = _Pages(__name__, static_folder=None)
    site = open_site(shop, access or Access())
    install(app, site)
    app.request_class = InMemoryRequest
    app.config.update(
        SECRET_KEY=site.access.cookie_key(),
        SESSION_COOKIE_NAME="menagerie",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=site.access.is_https,
        PERMANENT_SESSION_LIFETIME=timedelta(days=SESSION_DAYS),
        # A view that takes uploads raises `request.max_content_length`.
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST,
    )
    attempts = Attempts()
    # First, so that what is refused is counted as well.
    measure(app, site.measures)
    secure(app, attempts)
    answer_problems(app)
    _set_up_templates(app)
    app.register_blueprint(signing_in(attempts))
    for views in BLUEPRINTS:
        app.register_blueprint(views)
    return app


@contextmanager
def warmed(app: Flask) -> Iterator[None]:
    """Read what the first pages need in the background; a large dataset takes seconds."""
    with app.app_context():
        site = this_site()
    with site.listings.warmed(site.datasets, site.recipe):
        yield


def _set_up_templates(app: Flask) -> None:
    """Give templates what all of them show, and pages their styles and scripts."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    version = _digest(_STATIC)

    @app.get("/static/<digest>/<path:name>", endpoint="static")
    @open_to_all
    def static(digest: str, name: str) -> Response:
        if digest != version:
            abort(404, "These files are of another version. Load the page again.")
        return send_from_directory(_STATIC, name, max_age=_YEAR_SECONDS)

    @app.context_processor
    def common() -> dict[str, object]:
        return {
            # Scripts import each other by relative addresses: one digest for all of them.
            "static": f"/static/{version}",
            "version": __version__,
            "notice": NOTICE,
            "has_token": this_site().access.token is not None,
        }


def _digest(folder: Path) -> str:
    """Hash the files of a folder, so that browsers keep them for as long as they are the same."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]
