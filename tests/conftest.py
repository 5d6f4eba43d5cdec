"""What every test may use."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import HealthCheck, settings

from handraise.clock import ManualClock

# How long an example takes says something of the machine and its load, not of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at a Sunday evening until it is moved."""
    return ManualClock(datetime(2026, 11, 22, 19, 50, 10, 123456, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _logs_of_this_test_only() -> Iterator[None]:
    """Forget how a command set up the logs: its stream is closed when its test ends."""
    yield
    structlog.reset_defaults()
