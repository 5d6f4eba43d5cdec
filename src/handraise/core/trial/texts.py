"""Texts of the team's own that are familiar: they stand in where a customer's must not be kept."""

from __future__ import annotations

from handraise.core.table.types import Table
from handraise.core.trial.trial import Trial


def familiar_texts(table: Table, trial: Trial) -> dict[str, str]:
    """Return a text by type, from the tests that no row found unfamiliar; empty where none looks.

    Args:
        table: the table.
        trial: how its tests went.
    """
    unfamiliar = {row.id for row in table.unfamiliar_rows}
    found: dict[str, str] = {}
    for result in trial.cases if unfamiliar else ():
        type, text = result.given.get("type"), result.given.get("text")
        is_usual = unfamiliar.isdisjoint(reason.row for reason in result.reasons)
        if isinstance(type, str) and isinstance(text, str) and is_usual:
            found.setdefault(type, text)
    return found
