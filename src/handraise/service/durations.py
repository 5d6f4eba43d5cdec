"""Waiting times as callers write them: seconds, or `"2h"`."""

from __future__ import annotations

from handraise.core.table.units import UnitProblem, seconds
from handraise.errors import InputError


def timeout_seconds(timeout: str | float | None) -> float | None:
    """Return a waiting time in seconds; None stays None: as long as it takes; 0 looks once.

    Raises:
        InputError: it is no duration.
    """
    if timeout is None or (not isinstance(timeout, str | bool) and timeout == 0):
        return None if timeout is None else 0.0
    try:
        return seconds(timeout)
    except UnitProblem as problem:
        raise InputError(f"timeout: {problem}") from None
