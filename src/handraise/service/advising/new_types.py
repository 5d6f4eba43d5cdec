"""Types ready to be learned: new situations that people named, and enough of them."""

from __future__ import annotations

from collections import Counter

from handraise.core.table.types import Table
from handraise.service.advising.found import Found
from handraise.store import Store

LEAST_ROWS = 20
"""So many rows of a type are waited for; learning holds some of them back to check itself."""


def type_advice(store: Store, table: Table) -> list[Found]:
    """Return the types that people named often enough to be learned, and the table does not know.

    Args:
        store: has what people said.
        table: the version in force.
    """
    named = Counter(
        one.said.label
        for one in store.named_situations(table.agent)
        if one.said is not None and one.said.label is not None and one.text is not None
    )
    return [
        Found(
            kind="type",
            subject=label,
            sentence=f'"{label}" is ready to be learned: people named {count} new situations so.',
            lines=(
                f"{count} requests that the agent stopped at as new were said to be of this type.",
                "Until it is learned, the agent stops at every one of them.",
                "`handraise learn DATA --add` takes them up, with the labelled rows it learned "
                "from; look at what it says of the type, then publish the table.",
            ),
            evidence=count,
        )
        for label, count in sorted(named.items())
        if count >= LEAST_ROWS and label not in table.known.types
    ]
