"""The API under any input that its description admits, and some that it does not."""

from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.web.conftest import Site

EXAMPLES = 8
CHECKS = [not_a_server_error, response_schema_conformance]


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_no_request_ends_in_a_fault_of_the_server(
    answering: Site, mode: schemathesis.GenerationMode
) -> None:
    described = schemathesis.openapi.from_url(f"{answering.url}/api/v1/openapi.json")
    asked: list[Any] = [found.ok() for found in described.get_all_operations()]  # type: ignore[union-attr]
    assert len(asked) > 10
    for operation in asked:

        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            case.call_and_validate(checks=CHECKS)

        # Where nothing is taken, nothing can be taken wrongly.
        with suppress(Unsatisfiable):
            check()
