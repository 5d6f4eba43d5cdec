"""A whole operation behind the web application, on a clock that stands until it is moved."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from handraise.clock import ManualClock
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from handraise.store import open_store
from handraise.web.app import create_app
from tests.support.signed import sign
from tests.support.verified import verify_everybody
from tests.web.support import ORDERS_TABLE, TABLE, Desk


@pytest.fixture
def settings() -> Settings:
    return Settings(
        base_url="http://testserver", console=True, secret="a secret that is long enough to be one"
    )


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with its schema and nothing in it, made once."""
    place = tmp_path_factory.mktemp("store") / "handraise.db"
    open_store(f"sqlite:///{place}", migrate=True).close()
    return place


@pytest.fixture
def operation(
    empty_store: Path, tmp_path: Path, clock: ManualClock, settings: Settings
) -> Iterator[Operation]:
    shutil.copy(empty_store, tmp_path / "handraise.db")
    (tmp_path / "support.yaml").write_text(TABLE)
    (tmp_path / "orders.yaml").write_text(ORDERS_TABLE)
    tables = [tmp_path / "support.yaml", tmp_path / "orders.yaml"]
    operation = assemble(tables, settings, clock=clock)
    verify_everybody(operation)
    for path in tables:
        sign(operation, path)
    yield operation
    operation.close()


@pytest.fixture
def app(operation: Operation) -> Starlette:
    return create_app(operation)


@pytest.fixture
def client(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def desk(operation: Operation, client: TestClient) -> Desk:
    return Desk(operation, client)
