"""What every test may use."""

from datetime import UTC, datetime

import pytest

from handraise.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at a Sunday evening until it is moved."""
    return ManualClock(datetime(2026, 11, 22, 19, 50, 10, 123456, tzinfo=UTC))
