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
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.exceptions import ObjectNotFound
from prefect.schedules import Cron, Schedule

from flows.automating import automate
from menagerie.errors import RecipeError, SettingsError
from menagerie.recipe import Recipe, load_recipe
from menagerie.settings import load_settings
from tasks.policies import HEARTBEAT_SECONDS
from tasks.server import standing_server
from tasks.telling import NEXT, PUBLISHED, RESOURCE, TRAINED, tags_of

POOL = "menagerie"
"""The work pool whose workers run the deployments, unless another is named."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A flow to deploy for a dataset: when it starts by itself, by the clock or by an event."""

    flow: str
    cron: str = ""
    event: str = ""

    @property
    def entrypoint(self) -> str:
        """Where the flow is: with a colon Prefect would copy the folder of this machine there."""
        return f"flows.{self.flow}.{self.flow}"


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
        Plan("train", event=PUBLISHED),
        Plan("evaluate", event=TRAINED),
        # Only Flickr tells what became of a photo.
        Plan("recheck", cron=schedule.recheck_cron if recipe.source.kind == "flickr" else ""),
        Plan("forget"),
        Plan("verify", cron=schedule.verify_cron),
    )


def deploy(names: Sequence[str] = (), pool: str = POOL) -> list[Deployed]:
    """Make or update the deployments of datasets, of all that have a recipe by default.

    Whatever is there already is brought up to date; a schedule that somebody switched off in
    the UI stays off.

    Raises:
        RecipeError: a dataset has no recipe, or one that cannot be used; nothing was changed.
        SettingsError: no Prefect server is set up.
        WorkError: it does not answer.
    """
    settings = load_settings()
    recipes = [load_recipe(settings.datasets, name) for name in names or known(settings.datasets)]
    planned = [
        (recipe, plan, _schedules(recipe, plan)) for recipe in recipes for plan in plans(recipe)
    ]
    if standing_server() is None:
        raise SettingsError(
            "Deployments need a Prefect server that stays (PREFECT_API_URL is not set). Start one,"
            " and set PREFECT_API_URL to its API, such as http://127.0.0.1:4200/api."
        )
    webhook = settings.webhook_url.get_secret_value() if settings.webhook_url else None
    return asyncio.run(_deploy(planned, pool, webhook))


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


Planned = tuple[Recipe, Plan, list[Schedule]]


async def _deploy(planned: Sequence[Planned], pool: str, webhook: str | None) -> list[Deployed]:
    done: list[Deployed] = []
    recipes = {recipe.name: recipe for recipe, _, _ in planned}
    async with get_client() as client:
        kind = await _ensure_pool(client, pool)
        for recipe in recipes.values():
            await _ensure_queue(client, pool, recipe)
        for recipe, plan, schedules in planned:
            made = _deployment(recipe, plan, schedules, pool, kind)
            await _keep_switched_off(client, made)
            identity = await made.aapply()
            zone = recipe.schedule.timezone
            done.append(
                Deployed(made.full_name, recipe.name, identity, plan.cron, zone, plan.event)
            )
        await automate(client, list(recipes.values()), webhook)
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


async def _ensure_queue(client: PrefectClient, pool: str, recipe: Recipe) -> None:
    """Give a dataset a queue of its own, through which one run goes at a time, or any."""
    limit = 1 if recipe.schedule.when_busy == "queue" else None
    try:
        queue = await client.read_work_queue_by_name(recipe.name, work_pool_name=pool)
    except ObjectNotFound:
        queue = await client.create_work_queue(recipe.name, work_pool_name=pool)
    await client.update_work_queue(
        queue.id,
        concurrency_limit=limit,
        description=f"The runs of {recipe.name}" + (", one at a time." if limit else "."),
    )


def _schedules(recipe: Recipe, plan: Plan) -> list[Schedule]:
    """Return when a flow starts by the clock.

    Raises:
        RecipeError: Prefect cannot read that.
    """
    if not plan.cron:
        return []
    try:
        return [Cron(plan.cron, timezone=recipe.schedule.timezone, slug=plan.flow)]
    except ValueError:
        raise RecipeError(
            f"The recipe of {recipe.name} starts {plan.flow} at {plan.cron!r}, which is no cron"
            " expression. Correct [schedule]; docs/recipe.md shows examples."
        ) from None


def _deployment(
    recipe: Recipe, plan: Plan, schedules: list[Schedule], pool: str, kind: str
) -> RunnerDeployment:
    refuses = recipe.schedule.when_busy == "refuse"
    made = RunnerDeployment.from_entrypoint(
        plan.entrypoint,
        name=recipe.name,
        schedules=schedules,
        concurrency_limit=_REFUSED if refuses else None,
        parameters={"recipe": recipe.name},
        triggers=[trigger(recipe.name, plan)] if plan.event else [],
        tags=tags_of(recipe.name),
        work_pool_name=pool,
        work_queue_name=recipe.name,
        job_variables=job_variables(kind),
    )
    # The run form offers this dataset and no other, whose queue would not be heeded.
    made._parameter_openapi_schema.properties["recipe"] |= {"enum": [recipe.name]}
    return made


_REFUSED = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)


def job_variables(kind: str) -> dict[str, object]:
    """Return what a worker of some type is told for each run."""
    variables: dict[str, object] = {
        "env": {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS)}
    }
    if kind == "process":
        # Relative paths of the settings count from here, where the command is run.
        variables["working_dir"] = str(Path.cwd())
    return variables


def trigger(dataset: str, plan: Plan) -> DeploymentEventTrigger:
    """Return what starts a flow when another one has ended, unless the same run goes on."""
    return DeploymentEventTrigger(
        name=f"menagerie: {plan.flow} {dataset} after {plan.event}",
        enabled=True,
        expect={plan.event},
        match={"prefect.resource.id": f"{RESOURCE}{dataset}", NEXT: "none"},
        parameters={"recipe": dataset},
    )


async def _keep_switched_off(client: PrefectClient, made: RunnerDeployment) -> None:
    """Leave off what somebody switched off, and take away the schedules that are not wanted."""
    try:
        there = await client.read_deployment_by_name(made.full_name)
    except ObjectNotFound:
        return
    wanted = {each.slug: each for each in made.schedules or []}
    for schedule in there.schedules:
        if schedule.slug in wanted:
            wanted[schedule.slug].active = schedule.active
        else:
            await client.delete_deployment_schedule(there.id, schedule.id)
    for start in made.triggers:
        if isinstance(start, DeploymentEventTrigger):
            known = await client.read_automations_by_name(start.name or "")
            start.enabled = all(one.enabled for one in known)
