"""What whoever runs the server asks: does it live, can it serve, what did it do."""

from collections import Counter

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import DatabaseError

from menagerie.catalog.photos import dataset_source
from menagerie.web.security import open_to_all
from menagerie.web.site import Site, this_site

views = Blueprint("probes", __name__)

_MOST_PREPARED = 8


@views.get("/healthz")
@open_to_all
def healthz() -> ResponseReturnValue:
    """Tell that this process answers; whoever restarts it asks no more."""
    return jsonify(status="ok")


@views.get("/readyz")
@open_to_all
def readyz() -> ResponseReturnValue:
    """Tell whether requests should be sent here: the catalog answers and champions are loaded.

    The first call begins to load them, so that nobody's first photo waits for that. A champion
    that cannot be loaded keeps the server from nothing else: it is named, and that is all.
    """
    site = this_site()
    catalog, models = _catalog(site), Counter[str]()
    for name in site.predictions.names()[:_MOST_PREPARED]:
        models[site.predictions.warm(name)] += 1
    is_ready = catalog == "ok" and not models["loading"]
    told = {state: models[state] for state in ("loaded", "loading", "failed")}
    status = "ok" if is_ready else "not ready"
    return jsonify(status=status, catalog=catalog, models=told), 200 if is_ready else 503


@views.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Tell Prometheus what was done."""
    return Response(
        generate_latest(this_site().measures.registry), content_type=CONTENT_TYPE_LATEST
    )


def _catalog(site: Site) -> str:
    try:
        dataset_source(site.shop.catalog, "")
    except (DatabaseError, OSError):
        return "failed"
    return "ok"
