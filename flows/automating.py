"""Automations of the Prefect server: dead runs, starting again, telling people."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.automations import AutomationCore, EventTrigger, Posture
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import CallWebhook, ChangeFlowRunState, RunDeployment
from pydantic import SecretStr

from menagerie.recipe import Recipe
from tasks.policies import DEAD_SECONDS, MOST_RESTARTS, RESTART_SECONDS
from tasks.telling import HEARTBEAT, NEW, PUBLISHED, RESOURCE

WEBHOOK = "menagerie-webhook"
DEAD = "menagerie: a run without a heartbeat has crashed"
MUTE = "menagerie: a run that never gave a heartbeat has crashed"
FAILURES = "menagerie: tell of runs that failed"
RELEASES = "menagerie: tell of new releases"

_RUNS = "prefect.flow-run.Running"
# Events are called by the names of states, and a run that takes too long has one of its own.
_ENDS = {
    f"prefect.flow-run.{name}"
    for name in ("Completed", "Failed", "TimedOut", "Cancelled", "Crashed")
}
_OURS = {"prefect.resource.id": "prefect.tag.menagerie", "prefect.resource.role": "tag"}


# The deployment takes no more than MOST_RESTARTS, so the server refuses to start one more.
_ONCE_MORE = "{{ (flow_run.parameters.again|default(0) + 1) }}"


async def automate(client: PrefectClient, recipes: Sequence[Recipe], webhook: str | None) -> None:
    """Make or update the automations; those that are not asked for any more are removed."""
    await _put(client, DEAD, dead_runs())
    await _put(client, MUTE, mute_runs())
    for recipe in recipes:
        name = f"menagerie: start {recipe.name} again"
        again = await _restart(client, name, recipe) if recipe.schedule.restart_crashed else None
        await _put(client, name, again)
    block = await _webhook(webhook) if webhook else None
    await _put(client, FAILURES, _tell_of_failures(block) if block else None)
    await _put(client, RELEASES, _tell_of_releases(block) if block else None)


async def _put(client: PrefectClient, name: str, wanted: AutomationCore | None) -> None:
    """Make an automation be there once, or not at all; one that was switched off stays off."""
    there = await client.read_automations_by_name(name)
    for one in there[1:] if wanted else there:
        await client.delete_automation(one.id)
    if wanted is None:
        return
    if there:
        wanted.enabled = there[0].enabled
        # Prefect's client leaves out what was left at its default, which its server misses.
        fields = wanted.model_dump(mode="json", exclude={"owner_resource"})
        whole = AutomationCore.model_validate(fields)
        await client.update_automation(there[0].id, whole)
    else:
        await client.create_automation(wanted)


def dead_runs(seconds: int = DEAD_SECONDS) -> AutomationCore:
    """Return what makes a run Crashed that has been silent for so long."""
    return _crashing(DEAD, HEARTBEAT, [_OURS], seconds)


def mute_runs(seconds: int = DEAD_SECONDS) -> AutomationCore:
    """Return what makes a run Crashed that was killed before its first heartbeat.

    Deployments have their runs give heartbeats; what else runs here need not.
    """
    return _crashing(MUTE, _RUNS, [_OURS, {"prefect.resource.role": "deployment"}], seconds)


def _crashing(name: str, after: str, related: list[dict[str, str]], seconds: int) -> AutomationCore:
    return AutomationCore(
        name=name,
        description="A run whose process was killed says nothing any more; it is Crashed then.",
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={after},
            expect={HEARTBEAT, *_ENDS},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related=related,
            for_each={"prefect.resource.id"},
            threshold=1,
            within=timedelta(seconds=seconds),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                name="Crashed",
                message=f"No heartbeat for {seconds} seconds: its process or machine is gone."
                " What was finished is kept; the next run goes on.",
            )
        ],
    )


async def _restart(client: PrefectClient, name: str, recipe: Recipe) -> AutomationCore:
    refresh = await client.read_deployment_by_name(f"refresh/{recipe.name}")
    return AutomationCore(
        name=name,
        description="A refresh that was killed or lost is started again, and goes on where it was;"
        f" {MOST_RESTARTS} times in a row at most.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Crashed"},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={
                "prefect.resource.id": f"prefect.deployment.{refresh.id}",
                "prefect.resource.role": "deployment",
            },
            threshold=1,
        ),
        actions=[
            RunDeployment(
                source="selected",
                deployment_id=refresh.id,
                parameters={"recipe": recipe.name, "again": _ONCE_MORE},
                # Whatever kills it each time is not helped by haste.
                schedule_after=timedelta(seconds=RESTART_SECONDS),
            )
        ],
    )


async def _webhook(url: str) -> UUID:
    return await Webhook(method="POST", url=SecretStr(url)).asave(WEBHOOK, overwrite=True)


def _tell_of_failures(block: UUID) -> AutomationCore:
    said = "{{ flow_run.name }}: {{ flow_run.state.name }}. {{ flow_run.state.message }}"
    return _telling(
        FAILURES,
        EventTrigger(
            expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            # Stages within a refresh have no deployment: one message is enough.
            match_related=[_OURS, {"prefect.resource.role": "deployment"}],
            threshold=1,
        ),
        block,
        said + " {{ flow_run|ui_url }}",
        {"run": "{{ flow_run.name }}", "state": "{{ flow_run.state.name }}"},
    )


def _tell_of_releases(block: UUID) -> AutomationCore:
    figures = {name: f"{{{{ event.payload.{name} }}}}" for name in ("dataset", "release")}
    return _telling(
        RELEASES,
        EventTrigger(
            expect={PUBLISHED},
            match={"prefect.resource.id": f"{RESOURCE}*", NEW: "yes"},
            threshold=1,
        ),
        block,
        "{{ event.payload.dataset }}: release {{ event.payload.release }} is published,"
        " {{ event.payload.train }} photos to train and {{ event.payload.test }} to test with.",
        figures,
    )


def _telling(
    name: str, trigger: EventTrigger, block: UUID, text: str, figures: dict[str, str]
) -> AutomationCore:
    # `text` is what Slack, Mattermost and Teams show.
    payload: dict[str, Any] = {"text": text, "event": "{{ event.event }}", **figures}
    entries = ", ".join(f'"{key}": {_quoted(value)}' for key, value in payload.items())
    return AutomationCore(
        name=name,
        trigger=trigger,
        actions=[CallWebhook(block_document_id=block, payload=f"{{{entries}}}")],
    )


def _quoted(template: str) -> str:
    """Write a template as a JSON string, whatever its values hold."""
    return f"{{% filter tojson %}}{template}{{% endfilter %}}"
