"""An operation that is ready, in a folder of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.wiring import Operation
from tests.support.databases import migrated_file
from tests.support.operation import RecordingSender, gate_of, opened

__all__ = ["migrated_file"]


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    """Return a folder with an empty store, as the default settings look for it."""
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    return tmp_path


@pytest.fixture
def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture
def operation(folder: Path, clock: ManualClock, sender: RecordingSender) -> Iterator[Operation]:
    operation = opened(folder, clock=clock, sender=sender)
    yield operation
    operation.close()


@pytest.fixture
def gate(operation: Operation) -> EmbeddedGate:
    return gate_of(operation)
