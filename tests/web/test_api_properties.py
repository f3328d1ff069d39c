"""The API under any input that its description admits, and some that it does not."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.web.conftest import Site


@pytest.fixture(scope="session")
def api(answering: Site) -> schemathesis.BaseSchema:
    """Return the API as its own description tells of it."""
    answering.get("/readyz")
    return schemathesis.openapi.from_url(f"{answering.url}/api/v1/openapi.json")


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_ends_in_a_fault_of_the_server(case: Any) -> None:
    # Without a Prefect server there is none to refresh anything.
    case.call_and_validate(checks=[not_a_server_error, response_schema_conformance])
