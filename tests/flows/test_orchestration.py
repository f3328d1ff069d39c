"""Prefect's own server, asked over HTTP as the pages ask it."""

from typing import Any

import pytest
import requests

from menagerie.errors import OrchestrationError
from menagerie.orchestration import Orchestration, OrchestrationSettings


def asked(api: str, path: str, **document: Any) -> str:
    # A busy server answers 503 when its database is locked, which Prefect's own client asks again.
    for _ in range(10):
        answer = requests.post(f"{api}{path}", json=document, timeout=60)
        if answer.status_code < 500:
            break
    answer.raise_for_status()
    return str(answer.json()["id"])


def test_a_refresh_is_started_and_seen_among_the_runs(prefect: str) -> None:
    api = f"{prefect}/api"
    flow = asked(api, "/flows/", name="refresh")
    asked(api, "/deployments/", name="pages", flow_id=flow, tags=["menagerie", "dataset:pages"])
    pages = Orchestration(OrchestrationSettings.model_validate({"PREFECT_API_URL": api}))
    started = pages.refresh("pages")
    assert (started.dataset, started.url) == ("pages", f"{prefect}/runs/flow-run/{started.id}")
    assert started.id in [run.id for run in pages.runs()]
    requests.delete(f"{api}/flow_runs/{started.id}", timeout=60)
    with pytest.raises(OrchestrationError, match="no deployment refresh/nothing"):
        pages.refresh("nothing")


def test_a_server_that_does_not_answer_is_told(prefect: str) -> None:
    for url in ("http://127.0.0.1:1/api", f"{prefect}/nowhere"):
        pages = Orchestration(OrchestrationSettings.model_validate({"PREFECT_API_URL": url}))
        with pytest.raises(OrchestrationError, match="PREFECT_API_URL"):
            pages.runs()
