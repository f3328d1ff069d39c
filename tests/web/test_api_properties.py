"""The API under any input that its description admits, and some that it does not."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.web.conftest import Site

EXAMPLES = 8
KNOWN = {"name": "animals", "key": "min_sharpness"}
CHECKS = [not_a_server_error, response_schema_conformance]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_ends_in_a_fault_of_the_server(answering: Site, mode: GenerationMode) -> None:
    described = schemathesis.openapi.from_url(f"{answering.url}/api/v1/openapi.json")
    asked: list[Any] = [found.ok() for found in described.get_all_operations()]  # type: ignore[union-attr]
    assert len(asked) > 10
    for operation in asked:
        if mode is GenerationMode.NEGATIVE and not (len(operation.query) or len(operation.body)):
            # Where nothing is taken, nothing can be taken wrongly.
            continue

        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
        @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
        def check(case: Any, known: bool) -> None:
            if known:
                # Chance hits no name; only what is there is answered at length.
                case.path_parameters.update(
                    {name: KNOWN[name] for name in case.path_parameters if name in KNOWN}
                )
            case.call_and_validate(checks=CHECKS)

        check()
