"""The Prefect server as pages see it, over its HTTP API: what runs, and a run that is started.

The library does not import Prefect: a server's address is all that this needs.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from menagerie.errors import OrchestrationError

REFRESH = "refresh"
"""The flow whose deployments, one a dataset and called like it, make everything new."""

_PATIENCE_SECONDS = (1.0, 4.0)
_MOST_RUNS = 50
_UNDER_WAY = ("RUNNING", "PENDING", "CANCELLING", "PAUSED", "SCHEDULED")


class OrchestrationSettings(BaseSettings):
    """Where Prefect's server is, by the variables that Prefect itself reads."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    api_url: str | None = Field(None, validation_alias="PREFECT_API_URL")
    ui_url: str | None = Field(None, validation_alias="PREFECT_UI_URL")
    api_key: SecretStr | None = Field(None, validation_alias="PREFECT_API_KEY")
    auth_string: SecretStr | None = Field(None, validation_alias="PREFECT_API_AUTH_STRING")


@dataclass(frozen=True, slots=True)
class FlowRun:
    """A run that is under way or due; `dataset` is empty where no tag tells it."""

    id: str
    name: str
    state: str
    dataset: str
    started_at: str | None
    url: str


class Orchestration:
    """Asks a Prefect server. Threads may share it."""

    def __init__(self, settings: OrchestrationSettings) -> None:
        self._url = (settings.api_url or "").rstrip("/")
        self._ui_url = (settings.ui_url or self._url.removesuffix("/api")).rstrip("/")
        self._headers, self._auth = {"Accept": "application/json"}, None
        if settings.api_key is not None:
            self._headers["Authorization"] = f"Bearer {settings.api_key.get_secret_value()}"
        elif settings.auth_string is not None:
            user, _, password = settings.auth_string.get_secret_value().partition(":")
            self._auth = (user, password)

    @property
    def is_set_up(self) -> bool:
        """Whether there is the address of a server."""
        return self._url.startswith(("http://", "https://"))

    @property
    def ui_url(self) -> str:
        """Where people look at the server's runs; empty without a server."""
        return self._ui_url if self.is_set_up else ""

    def runs(self) -> list[FlowRun]:
        """Return the runs that are under way or due, the latest first.

        Raises:
            OrchestrationError: the server does not answer, or refuses.
        """
        wanted = {
            "flow_runs": {
                "state": {"type": {"any_": list(_UNDER_WAY)}},
                # What is scheduled for next week runs as little as what has ended.
                "expected_start_time": {"before_": datetime.now(UTC).isoformat()},
                # Runs of flows inside others are those others' business.
                "parent_task_run_id": {"is_null_": True},
            },
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": _MOST_RUNS,
        }
        found = self._ask("POST", "/flow_runs/filter", wanted)
        return [self._run(each) for each in found]

    def refresh(self, dataset: str) -> FlowRun:
        """Start the deployment that refreshes a dataset.

        Raises:
            OrchestrationError: the server does not answer or refuses, or has no such deployment.
        """
        try:
            found = self._ask("GET", f"/deployments/name/{REFRESH}/{quote(dataset, safe='')}")
        except _MissingError:
            raise OrchestrationError(
                f"Prefect's server has no deployment {REFRESH}/{dataset}. `menagerie up` makes one"
                " for each dataset."
            ) from None
        made = self._ask(
            "POST", f"/deployments/{found['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}}
        )
        return self._run(made)

    def _run(self, document: dict[str, Any]) -> FlowRun:
        tags = [tag for tag in document.get("tags") or [] if tag.startswith("dataset:")]
        return FlowRun(
            id=str(document["id"]),
            name=str(document["name"]),
            state=str(document.get("state_name") or "unknown"),
            dataset=tags[0].removeprefix("dataset:") if tags else "",
            started_at=document.get("start_time"),
            url=f"{self._ui_url}/runs/flow-run/{document['id']}",
        )

    def _ask(self, method: str, path: str, document: Any = None) -> Any:
        try:
            answer = requests.request(
                method,
                self._url + path,
                json=document,
                headers=self._headers,
                auth=self._auth,
                timeout=_PATIENCE_SECONDS,
                allow_redirects=False,
            )
            if answer.status_code == 404:
                raise _MissingError(
                    "What answers at PREFECT_API_URL knows no such address. Set it to that of a"
                    " Prefect server's API, such as http://127.0.0.1:4200/api."
                )
            answer.raise_for_status()
            return answer.json()
        except (requests.RequestException, ValueError) as error:
            answered = isinstance(error, requests.HTTPError)
            why = f"HTTP status {answer.status_code}" if answered else type(error).__name__
            raise OrchestrationError(
                f"Prefect's server does not answer at PREFECT_API_URL ({why}). See that it runs."
            ) from None


class _MissingError(OrchestrationError):
    """The server has no such thing."""
