"""What every test may use."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import HealthCheck, settings

from handraise.clock import ManualClock
from handraise.service.deciding.watched import go_outside, inside

# How long an example takes says something of the machine and its load, not of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

SLOW = (
    "tests/web/test_accessibility.py",
    "tests/browser/",
    "tests/demo/",
    "tests/bench/",
    "tests/service/backtesting/test_engines.py",
    "tests/service/reporting/",
    "tests/core/confidence/test_the_promise.py",
    "tests/core/monitor/",
    "tests/core/familiar/test_drift.py",
    "tests/service/working/test_mover.py",
    "tests/store/test_at_once.py",
)
"""Files that take long, the longest first: one that began last would keep the others waiting."""

UNCOUNTED = (
    "tests/web/test_accessibility.py",
    "tests/browser/",
    "tests/bench/",
    "tests/demo/test_agent.py",
    "tests/demo/test_public_data.py",
    "tests/demo/test_run.py::test_the_known_types_of_the_example_are_all_run",
    "tests/demo/test_visitor.py",
    "tests/stories/",
    "tests/web/test_openapi.py",
    "tests/service/backtesting/test_engines.py",
    "tests/test_ci_recipes.py",
)
"""What tries the whole at length: every line it reaches is reached by a quicker test too."""


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long begin first; the order is kept by `--no-loadscope-reorder`."""
    for item in items:
        if item.nodeid.startswith(UNCOUNTED):
            item.add_marker("uncounted")
    place = {start: at for at, start in enumerate(SLOW)}
    items.sort(
        key=lambda item: min(
            (at for start, at in place.items() if item.nodeid.startswith(start)), default=len(SLOW)
        )
    )


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at a Sunday evening until it is moved."""
    return ManualClock(datetime(2026, 11, 22, 19, 50, 10, 123456, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _logs_of_this_test_only() -> Iterator[None]:
    """Forget how a command set up the logs: its stream is closed when its test ends."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _nothing_stays_promised() -> Iterator[None]:
    """Let no sign of life that a test promised be waited for in the next."""
    yield
    for one in inside():
        go_outside(one)
