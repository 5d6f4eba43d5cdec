"""Lengths of time as callers write them: seconds, or `"2h"`."""

from __future__ import annotations

from handraise.core.table.form import shown
from handraise.core.table.units import UnitProblem, seconds
from handraise.errors import InputError


def duration_seconds(name: str, written: str | float) -> float:
    """Return a length of time in seconds.

    Args:
        name: what it is called where the caller wrote it.
        written: seconds, or a duration such as `"2h"`.

    Raises:
        InputError: it is no duration.
    """
    try:
        return seconds(written)
    except UnitProblem as problem:
        raise InputError(f"{name}: {problem}") from None
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"{name}: {shown(written)} is no duration", "write seconds, or e.g. 15m or 2h"
        ) from None


def timeout_seconds(timeout: str | float | None) -> float | None:
    """Return a waiting time in seconds; None stays None: as long as it takes; 0 looks once.

    Raises:
        InputError: it is no duration.
    """
    if timeout is None:
        return None
    if timeout == 0 and not isinstance(timeout, bool):
        return 0.0
    return duration_seconds("timeout", timeout)
