"""Reports of releases and models as they were written: pages of one file each."""

import re
from pathlib import Path

from flask import Blueprint, Response, abort, send_file

from menagerie.web.site import this_site

views = Blueprint("reports", __name__, url_prefix="/datasets/<name>")

_ID = re.compile(r"[0-9a-f]{12}")
# What a report holds beside text: styles and pictures of its own. It runs nothing and asks nobody.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@views.get("/releases/<release>/report")
def of_release(name: str, release: str) -> Response:
    """Answer with the report of a release."""
    return _report(name, "releases", release)


@views.get("/models/<model>/report")
def of_model(name: str, model: str) -> Response:
    """Answer with the report of a model."""
    return _report(name, "models", model)


def _report(name: str, kind: str, wanted: str) -> Response:
    site = this_site()
    folder = site.shop.settings.dataset_dir(site.recipe(name).name) / kind
    report = (folder / wanted / "report.html").absolute()
    if not (_ID.fullmatch(wanted) and report.is_file()):
        abort(404, f"{name} has no report of {wanted!r} under {kind} here.")
    return _page(report)


def _page(report: Path) -> Response:
    answer = send_file(report, mimetype="text/html", max_age=0)
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer
