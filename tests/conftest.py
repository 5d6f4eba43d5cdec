"""What every test may use."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from handraise.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at a Sunday evening until it is moved."""
    return ManualClock(datetime(2026, 11, 22, 19, 50, 10, 123456, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _logs_of_this_test_only() -> Iterator[None]:
    """Forget how a command set up the logs: its stream is closed when its test ends."""
    yield
    structlog.reset_defaults()
