"""The JSON API about datasets: where they stand, their releases and models, what runs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict

from flask import Blueprint, abort, jsonify
from flask.typing import ResponseReturnValue

from menagerie.catalog.curation import funnel
from menagerie.catalog.history import model_times
from menagerie.curation.reasons import Reason, State
from menagerie.errors import MissingModelError
from menagerie.history import current_id, list_releases
from menagerie.learning.champions import champion_id
from menagerie.learning.evaluate import read_metrics
from menagerie.learning.folder import champion
from menagerie.learning.listing import list_models
from menagerie.recipe import Recipe
from menagerie.web.openapi import operation
from menagerie.web.shapes import DatasetEntry, Datasets, Funnel, Models, Releases, Run, Runs
from menagerie.web.site import Site, this_site

views = Blueprint("api", __name__, url_prefix="/api/v1")

_MISSING = {404: "There is no such dataset."}
_SILENT = {409: "No Prefect server is set up.", 502: "It does not answer, or refuses."}


@views.get("/datasets")
@operation(Datasets)
def datasets() -> ResponseReturnValue:
    """List the datasets."""
    site = this_site()
    entries = [entry_of(site, site.recipe(name)) for name in site.datasets]
    return jsonify(Datasets(datasets=entries).model_dump())


@views.get("/datasets/<name>")
@operation(DatasetEntry, refusals=_MISSING)
def dataset(name: str) -> ResponseReturnValue:
    """Tell of one dataset."""
    site = this_site()
    return jsonify(entry_of(site, site.recipe(name)).model_dump())


@views.get("/datasets/<name>/funnel")
@operation(Funnel, refusals=_MISSING)
def funnel_of(name: str) -> ResponseReturnValue:
    """Tell where the photos of a dataset stand.

    Every photo that was found is counted once, under one state and one reason.
    """
    site = this_site()
    recipe = site.recipe(name)
    return jsonify(counted(recipe, funnel(site.shop.catalog, recipe)).model_dump())


@views.get("/datasets/<name>/releases")
@operation(Releases, refusals=_MISSING)
def releases(name: str) -> ResponseReturnValue:
    """List the releases of a dataset, the newest first."""
    site = this_site()
    name = site.recipe(name).name
    found = list_releases(site.shop.catalog, site.shop.settings.dataset_dir(name))
    document = {"dataset": name, "releases": [entry.to_json() for entry in found]}
    return jsonify(Releases.model_validate(document).model_dump())


@views.get("/datasets/<name>/models")
@operation(Models, refusals=_MISSING)
def models(name: str) -> ResponseReturnValue:
    """List the models of a dataset, the newest first."""
    site = this_site()
    name = site.recipe(name).name
    times = model_times(site.shop.catalog, name)
    found = list_models(site.shop.settings.dataset_dir(name), times)
    document = {"dataset": name, "models": [entry.to_json() for entry in found]}
    return jsonify(Models.model_validate(document).model_dump())


@views.get("/runs")
@operation(Runs, refusals=_SILENT)
def runs() -> ResponseReturnValue:
    """List the runs that are under way on the Prefect server that is set up."""
    orchestration = this_site().orchestration
    _refuse_without_server()
    found = [Run(**asdict(run)) for run in orchestration.runs()]
    return jsonify(Runs(runs=found).model_dump())


@views.post("/datasets/<name>/refresh")
@operation(Run, status=202, refusals=_MISSING | _SILENT)
def refresh(name: str) -> ResponseReturnValue:
    """Start the deployment that makes everything of a dataset new.

    A worker of the Prefect server then runs it: collect, curate, release, train, evaluate.
    """
    site = this_site()
    name = site.recipe(name).name
    _refuse_without_server()
    return jsonify(Run(**asdict(site.orchestration.refresh(name))).model_dump()), 202


def _refuse_without_server() -> None:
    if not this_site().orchestration.is_set_up:
        abort(
            409,
            "No Prefect server is set up: start the pages with PREFECT_API_URL, as `menagerie up`"
            " does.",
        )


def entry_of(site: Site, recipe: Recipe) -> DatasetEntry:
    """Tell of a dataset as lists do."""
    folder = site.shop.settings.dataset_dir(recipe.name)
    try:
        metrics = read_metrics(champion(folder))
        model = champion_id(folder)
    except MissingModelError:
        metrics = model = None
    return DatasetEntry(
        name=recipe.name,
        title=recipe.dataset.title or recipe.name,
        labels=list(recipe.labels),
        release=current_id(folder),
        model=model,
        accuracy=metrics.accuracy if metrics else None,
    )


def counted(recipe: Recipe, counts: Mapping[tuple[str, Reason], int]) -> Funnel:
    """Sum up where the photos of a dataset stand."""
    reasons, states, classes = Counter[Reason](), Counter[State](), Counter[tuple[str, State]]()
    for (label, reason), count in counts.items():
        reasons[reason] += count
        states[reason.state] += count
        classes[label, reason.state] += count
    return Funnel(
        dataset=recipe.name,
        found=reasons.total(),
        states={state.value: states[state] for state in State},
        reasons={reason.value: reasons[reason] for reason in Reason if reasons[reason]},
        classes={
            label: {state.value: classes[label, state] for state in State}
            for label in recipe.labels
        },
    )
