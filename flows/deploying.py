"""Deploying: every flow of every dataset, with its schedule, its trigger and its queue.

`prefect.yaml` says the same of the default dataset, for `prefect deploy --all`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.schedules import Cron

from menagerie.errors import RecipeError
from menagerie.recipe import Recipe, load_recipe
from menagerie.settings import load_settings

POOL = "menagerie"
"""The work pool whose workers run the deployments, unless another is named."""

HEARTBEAT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """A flow to deploy for a dataset: when it starts by itself, by the clock or by an event."""

    flow: str
    cron: str = ""
    event: str = ""

    @property
    def entrypoint(self) -> str:
        """Where the flow is; a path instead of a module would put `flows/` on the import path."""
        return f"flows.{self.flow}:{self.flow}"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment that was made or brought up to date."""

    name: str
    dataset: str
    id: UUID
    cron: str
    timezone: str
    event: str


def plans(recipe: Recipe) -> tuple[Plan, ...]:
    """Return the flows to deploy for a dataset."""
    schedule = recipe.schedule
    return (
        Plan("refresh", cron=schedule.cron),
        Plan("collect"),
        Plan("curate"),
        Plan("release"),
        Plan("train"),
        Plan("evaluate"),
        Plan("recheck"),
    )


def deploy(names: Sequence[str] = (), pool: str = POOL) -> list[Deployed]:
    """Make or update the deployments of datasets, of all that have a recipe by default.

    Whatever is there already is brought up to date; a schedule that somebody switched off in
    the UI stays off.

    Raises:
        RecipeError: a dataset has no recipe, or one that cannot be used; nothing was changed.
    """
    datasets = load_settings().datasets
    recipes = [load_recipe(datasets, name) for name in names or known(datasets)]
    return asyncio.run(_deploy(recipes, pool))


def known(datasets: Path) -> list[str]:
    """Return the names of the datasets that have a recipe.

    Raises:
        RecipeError: there are none.
    """
    names = sorted(path.parent.name for path in datasets.glob("*/recipe.toml"))
    if not names:
        raise RecipeError(
            f"There is no recipe in {datasets}. Write one with `menagerie init NAME --keyword WORD"
            " --keyword WORD`, or name another folder with MENAGERIE_DATASETS."
        )
    return names


async def _deploy(recipes: Sequence[Recipe], pool: str) -> list[Deployed]:
    done: list[Deployed] = []
    async with get_client() as client:
        kind = await _ensure_pool(client, pool)
        for recipe in recipes:
            await _ensure_queue(client, pool, recipe.name)
            for plan in plans(recipe):
                made = _deployment(recipe, plan, pool, kind)
                await _keep_switched_off(client, made)
                identity = await made.aapply()
                zone = recipe.schedule.timezone
                done.append(
                    Deployed(made.full_name, recipe.name, identity, plan.cron, zone, plan.event)
                )
    return done


async def _ensure_pool(client: PrefectClient, pool: str) -> str:
    """Make the work pool unless it is there; return its type."""
    try:
        return (await client.read_work_pool(pool)).type
    except ObjectNotFound:
        made = WorkPoolCreate(
            name=pool, type="process", description="Runs menagerie's flows as processes."
        )
        return (await client.create_work_pool(made)).type


async def _ensure_queue(client: PrefectClient, pool: str, dataset: str) -> None:
    """Give a dataset a queue of its own that lets one run through at a time."""
    try:
        await client.create_work_queue(
            dataset,
            work_pool_name=pool,
            concurrency_limit=1,
            description=f"The runs of {dataset}, one at a time.",
        )
    except ObjectAlreadyExists:
        return


def _deployment(recipe: Recipe, plan: Plan, pool: str, kind: str) -> RunnerDeployment:
    variables: dict[str, object] = {
        "env": {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS)}
    }
    if kind == "process":
        # Relative paths of the settings count from here, where the command is run.
        variables["working_dir"] = str(Path.cwd())
    schedule = (
        Cron(plan.cron, timezone=recipe.schedule.timezone, slug=plan.flow) if plan.cron else None
    )
    return RunnerDeployment.from_entrypoint(
        plan.entrypoint,
        name=recipe.name,
        schedules=[schedule] if schedule else [],
        parameters={"recipe": recipe.name},
        tags=["menagerie", f"dataset:{recipe.name}"],
        work_pool_name=pool,
        work_queue_name=recipe.name,
        job_variables=variables,
    )


async def _keep_switched_off(client: PrefectClient, made: RunnerDeployment) -> None:
    try:
        there = await client.read_deployment_by_name(made.full_name)
    except ObjectNotFound:
        return
    off = {each.slug for each in there.schedules if not each.active}
    for each in made.schedules or []:
        each.active = each.slug not in off
