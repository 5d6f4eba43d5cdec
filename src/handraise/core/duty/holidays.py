"""Public holidays by country and subdivision, e.g. `US`, `US-CA`, `DE-BY`; from `holidays`."""

from __future__ import annotations

from datetime import date


def holiday(place: str, day: date) -> str | None:
    """Return the name of a place's public holiday on a day; None on other days."""
    return None
