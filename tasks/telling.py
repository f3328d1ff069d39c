"""What is told to whoever listens: events at the end of stages, names and tags of runs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.runtime import flow_run

from menagerie.history import current_id
from menagerie.recipe import Recipe
from menagerie.settings import load_settings

PREFIX = "menagerie"
PUBLISHED = "menagerie.release.published"
TRAINED = "menagerie.train.done"
RESOURCE = "menagerie.dataset."
NEXT = "menagerie.next"
NEW = "menagerie.new"

HEARTBEAT = "prefect.flow-run.heartbeat"
"""Prefect's own event of a run that lives."""

_began: ContextVar[datetime | None] = ContextVar("began", default=None)
_goes_on: ContextVar[bool] = ContextVar("goes_on", default=False)


@contextmanager
def begun() -> Iterator[None]:
    """Remember when the outermost stage of this run began."""
    token = _began.set(_began.get() or datetime.now(UTC))
    try:
        yield
    finally:
        _began.reset(token)


def began() -> datetime:
    """Return when this run began, which is now where no stage is at work."""
    return _began.get() or datetime.now(UTC)


@contextmanager
def going_on(so: bool) -> Iterator[None]:
    """Say in the events of this time whether the same run does what comes next."""
    token = _goes_on.set(so)
    try:
        yield
    finally:
        _goes_on.reset(token)


def tell(dataset: str, event: str, payload: Mapping[str, Any], *, new: bool = True) -> None:
    """Emit an event about a dataset; `new` is False where nothing came of it that was not there.

    Labels are what triggers can match, so what they ask about stands in labels.
    """
    emit_event(
        event,
        resource={
            "prefect.resource.id": RESOURCE + dataset,
            "prefect.resource.name": dataset,
            NEXT: "same-run" if _goes_on.get() else "none",
            NEW: "yes" if new else "no",
        },
        payload={"dataset": dataset, **payload},
    )


def is_by_schedule() -> bool:
    """Tell whether the clock started this run, and nobody waits for its answer."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return bool(run and run.auto_scheduled)


def tags_of(dataset: str) -> list[str]:
    """Return the tags of a dataset's deployments and runs."""
    return [PREFIX, f"dataset:{dataset}"]


def mark_run(*tags: str, name: str | None = None) -> None:
    """Add tags to the flow run at work, and give it another name."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or (name is None and set(tags) <= set(run.tags)):
        return
    run.tags = sorted({*run.tags, *tags})
    with get_client(sync_client=True) as client:
        client.update_flow_run(run.id, tags=run.tags, name=name or run.name)


def named_with_release() -> str:
    """Name a flow run by its flow, its dataset and the release that it works on."""
    recipe: Recipe = flow_run.parameters["recipe"]
    release = current_id(load_settings().dataset_dir(recipe.name))
    return " ".join(filter(None, (flow_run.flow_name, recipe.name, release)))
