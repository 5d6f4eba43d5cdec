"""Whether decisions were counted as they were: what each severity weighs stands in counts.

Only what estimates weigh by is compared: how many of an hour, a version and a severity went ahead,
and how many stopped. INVARIANT: hours are text as they are kept; nothing here fails for any.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from handraise.model import Flaw


class Counted(Struct, frozen=True):
    """What is counted together.

    Attributes:
        agent: whose decisions.
        hour: in UTC, e.g. `2026-11-22T19`.
        version: that judged them.
        severity: of the action; empty for none.
        is_alone: whether they went ahead.
    """

    agent: str
    hour: str
    version: str
    severity: str
    is_alone: bool


def count_flaws(
    decided: Mapping[Counted, int], tallied: Mapping[Counted, int], since: Mapping[str, str]
) -> list[Flaw]:
    """Return which counts are not those of the decisions.

    Args:
        decided: how many sealed decisions there are, rehearsals apart.
        tallied: how many were counted.
        since: by agent, the hour from which on all were counted and none forgotten; before it, and
            for agents without one, there may be fewer, and never more.
    """
    flaws = []
    for one in sorted({*decided, *tallied}, key=_order):
        there, counted = decided.get(one, 0), tallied.get(one, 0)
        begin = since.get(one.agent)
        if counted > there or (counted < there and begin is not None and one.hour >= begin):
            which = "went ahead" if one.is_alone else "stopped"
            severity = f" of severity {one.severity}" if one.severity else ""
            place = f"the counts of {one.agent}, {one.hour}:00 UTC, version {one.version}"
            what = f"{counted:,}{severity} that {which}, and there are {there:,}: they were edited"
            flaws.append(Flaw(None, place, what))
    return flaws


def _order(one: Counted) -> tuple[str, str, str, str, bool]:
    return one.agent, one.hour, one.version, one.severity, one.is_alone
