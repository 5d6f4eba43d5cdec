"""An operation of which every decision taken alone is drawn for a look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.service.wiring import Operation
from tests.support.audited import TABLE
from tests.support.operation import RecordingSender, opened


@pytest.fixture
def operation(folder: Path, clock: ManualClock, sender: RecordingSender) -> Iterator[Operation]:
    operation = opened(folder, clock=clock, sender=sender, table=TABLE)
    yield operation
    operation.close()
