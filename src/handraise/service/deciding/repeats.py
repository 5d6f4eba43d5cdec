"""Questions that an agent asks again and again: they are answered by the first, and counted here.

What is known already leaves no decision in the log, so a circle of it would go unseen.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

LEAST = 20
WITHIN = timedelta(minutes=10)
MOST_KNOWN = 1_000


def repeating_name(agent: str) -> str:
    """Return the name of the sign that an agent repeats itself."""
    return f"repeating {agent}"


class Repeats:
    """Counts how often each escalation was asked for again, in this process."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def note(self, escalation_id: str, now: datetime) -> bool:
        """Count one more; whether that makes twenty within ten minutes, or twenty more."""
        with self._lock:
            since, count = self._seen.pop(escalation_id, (now, 0))
            if abs(now - since) > WITHIN:
                since, count = now, 0
            is_many = count + 1 >= LEAST
            self._seen[escalation_id] = (now, 0) if is_many else (since, count + 1)
            while len(self._seen) > MOST_KNOWN:
                self._seen.popitem(last=False)
        return is_many
