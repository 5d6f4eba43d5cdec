"""The document is true: its schemas are valid, and the application behaves as it says."""

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from handraise.web.api.endpoint import Endpoint
from handraise.web.api.openapi import document
from handraise.web.api.table import ENDPOINTS
from tests.web.support import Desk

DOCUMENT = document(ENDPOINTS)


def test_the_document_is_served(desk: Desk) -> None:
    assert desk.client.get("/schema/openapi.json").json()["openapi"] == "3.1.0"


def test_every_endpoint_stands_in_it() -> None:
    listed = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item}
    assert listed == {(one.path, one.method.lower()) for one in ENDPOINTS}
    ids = [op["operationId"] for item in DOCUMENT["paths"].values() for op in item.values()]
    assert sorted(ids) == sorted(one.name for one in ENDPOINTS)


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_its_schemas_are_valid(name: str) -> None:
    jsonschema_rs.meta.validate(DOCUMENT["components"]["schemas"][name])


MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: str(mode.value))
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_the_application_does_what_it_says(
    endpoint: Endpoint, mode: GenerationMode, desk: Desk
) -> None:
    headers = {
        "agent": desk.key,
        "reporter": desk.key,
        "person": lambda: desk.session("dana"),
        "anyone": dict,
    }
    credential = headers[endpoint.caller]()
    desk.operation.worker.tick()
    described = schemathesis.openapi.from_asgi("/schema/openapi.json", desk.client.app)
    operation = described[endpoint.path][endpoint.method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def behaves(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=credential)

    try:
        behaves()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # what takes nothing cannot be sent anything wrong
