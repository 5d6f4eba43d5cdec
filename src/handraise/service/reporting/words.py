"""How a report says numbers, times and names: with their intervals, and tamed."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from handraise.core.table.sheet import clean
from handraise.core.table.types import Table
from handraise.service.backtesting.result import Share
from handraise.service.reporting.page import Cell
from handraise.service.simulating.records import Estimate

LONGEST = 120
SPACE = "\u00a0"
"""Keeps a number and its unit on one line."""

MOST_PLAIN = 10**15
"""Numbers beyond are said as they are written."""

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def tame(text: object, most: int = LONGEST) -> str:
    """Return what came from outside on one line, clipped, without what steers or turns the text.

    Markup is none of its business: the template escapes it.
    """
    kept = clean(str(text)[: 4 * most])
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"


def percent(share: float) -> str:
    """Return a share: 0.1723 is `17.2 %`, 0.00004 is `under 0.1 %`."""
    value = 100 * share
    if 0 < value < 0.05:
        return f"under{SPACE}0.1{SPACE}%"
    if 99.95 < value < 100:
        return f"over{SPACE}99.9{SPACE}%"
    return f"{value:.1f}".removesuffix(".0") + f"{SPACE}%"


def between(low: float, high: float) -> str:
    """Return an interval of shares: `16.1–18.4 %`."""
    ends = (f"{100 * one:.1f}".removesuffix(".0") for one in (low, high))
    return f"{'–'.join(ends)}{SPACE}%"


def share_text(share: Share) -> str:
    """Return a share with its interval: `17.2 % (16.1–18.4 %)`; `none` of none."""
    if not share.of:
        return "not known"
    return f"{percent(share.share)} ({between(share.low, share.high)})"


def share_cell(share: Share) -> Cell:
    """Return a share as a cell, its interval below."""
    if not share.of:
        return Cell("–", "no labels", is_number=True)
    return Cell(percent(share.share), between(share.low, share.high), is_number=True)


def estimate_cell(found: Estimate) -> Cell:
    """Return a share over all repetitions as a cell."""
    if found.value is None:
        return Cell("never ends", is_number=True)
    if found.low is None or found.high is None or found.high - found.low < 5e-4:
        return Cell(percent(found.value), is_number=True)
    return Cell(percent(found.value), between(found.low, found.high), is_number=True)


def wait_cell(found: Estimate) -> Cell:
    """Return a wait over all repetitions as a cell."""
    if found.value is None:
        return Cell("never ends", is_number=True)
    below = ""
    if found.low is not None and found.high is not None and span(found.low) != span(found.high):
        below = f"{span(found.low)}–{span(found.high)}"
    return Cell(span(found.value), below, is_number=True)


def whole(count: float) -> str:
    """Return a count: `4,200`."""
    return f"{count:,.0f}"


def count_cell(count: int) -> Cell:
    """Return a count as a cell."""
    return Cell(whole(count), is_number=True)


def counted(count: int, one: str, many: str = "") -> str:
    """Return `1 decision`, `4,200 decisions`, `no decision`."""
    if count == 0:
        return f"no {one}"
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: tuple[str, ...] | list[str], most: int = 8) -> str:
    """Return names in a row: `a, b and c`; the rest is counted."""
    shown = [tame(name, 60) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def money_unit(table: Table) -> str:
    """Return the unit of money in a table: the one unit of its facts, where they have one; or none.

    A unit of money is taken to be three capitals, as ISO 4217 has them.
    """
    units = {fact.unit.strip() for fact in table.facts.values()}
    found = [unit for unit in units if len(unit) == 3 and unit.isascii() and unit.isupper()]
    return found[0] if len(found) == 1 else ""


def money(amount: float | None, unit: str) -> str:
    """Return an amount: `4,200 USD`; `4,200 of money` in a table that names no unit."""
    if amount is None or not math.isfinite(amount):
        return "not known"
    digits = f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:,.2f}".removesuffix(".00")
    return f"{digits}{SPACE}{unit or 'of money'}"


def money_cell(amount: float | None, unit: str) -> Cell:
    """Return an amount as a cell."""
    return Cell("–" if amount is None else money(amount, unit), is_number=True)


def number(value: float) -> str:
    """Return a threshold or another plain number as short as it can be said."""
    return f"{value:.6g}"


def span(seconds: float) -> str:
    """Return a wait as people say it: `40 s`, `12 min`, `3.5 h`, `2.1 days`."""
    if seconds < 0.5:
        return "at once"
    for limit, unit, name in ((90, 1, "s"), (90 * 60, MINUTE_S, "min"), (36 * HOUR_S, HOUR_S, "h")):
        if seconds < limit:
            value = seconds / unit
            text = f"{value:.0f}" if value >= 10 or name == "s" else f"{value:.1f}"
            return f"{text.removesuffix('.0')}{SPACE}{name}"
    return f"{seconds / DAY_S:.1f}".removesuffix(".0") + f"{SPACE}days"


def moment(written: str) -> str:
    """Return an instant of a history: `31 Mar 2026, 14:05 UTC`; what is none stays as it is."""
    try:
        return instant(datetime.fromisoformat(written))
    except ValueError:
        return tame(written, 40)


def instant(at: datetime) -> str:
    """Return an instant in UTC: `31 Mar 2026, 14:05 UTC`."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def day(written: str) -> str:
    """Return a day of a history: `31 Mar 2026`."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return tame(written, 40)
    return f"{found.day} {found:%b %Y}"


def value_text(value: Any) -> str:
    """Return the value of a fact."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int) and abs(value) < MOST_PLAIN:
        return f"{value:,.10g}"
    return tame(value, 80)
