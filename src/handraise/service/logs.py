"""Logs that are never in the way: a line that cannot be written is dropped, and nothing raises.

Where the application has configured structlog, its configuration holds; otherwise lines go to
standard error, since standard output belongs to the agent. INVARIANT: no value of a variable stands
in a line: of an exception its kind and the places it passed are told, not its words.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from typing import Any

import structlog

MAX_FRAMES = 6


class Log:
    """A module's log."""

    def __init__(self, name: str) -> None:
        """Keep the module's name."""
        self._name = name

    def warning(self, event: str, **fields: Any) -> None:
        """Say that something is worth a look."""
        self._say("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Say that something failed that will be tried again."""
        self._say("error", event, fields)

    def critical(self, event: str, **fields: Any) -> None:
        """Say that somebody must look at this."""
        self._say("critical", event, fields)

    def _say(self, level: str, event: str, fields: dict[str, Any]) -> None:
        # A full disk or a closed stream must not stop the gate, nor hide what was to be said.
        with contextlib.suppress(Exception):
            getattr(_logger(self._name), level)(event, **fields)


def _logger(name: str) -> Any:
    if structlog.is_configured():
        return structlog.get_logger(name)
    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
    ).bind(module=name)


def crash_text(error: BaseException) -> str:
    """Return an exception's kind and the places it passed; its words may be a customer's."""
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    places = [
        f"  {frame.name} ({frame.filename.rsplit('/', 1)[-1]}:{frame.lineno})" for frame in frames
    ]
    return "\n".join([type(error).__name__, *places])
