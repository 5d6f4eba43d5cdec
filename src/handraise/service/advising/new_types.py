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
    named = _named(store, table)
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
        if count >= LEAST_ROWS
    ]


def types_so_far(store: Store, table: Table) -> list[str]:
    """Return how far the types are that people name and that are not ready to be learned."""
    named = _named(store, table)
    if not named:
        return [
            "new situations: none has been given a name yet; a name is proposed as a known type "
            f"once {LEAST_ROWS} have it"
        ]
    return [
        f"types: {count} of {LEAST_ROWS} named {label}"
        for label, count in named.most_common()
        if count < LEAST_ROWS
    ]


def _named(store: Store, table: Table) -> Counter[str]:
    """Return how many new situations people gave which name that the table does not know."""
    return Counter(
        one.said.label
        for one in store.named_situations(table.agent)
        if one.said is not None
        and one.said.label is not None
        and one.said.label not in table.known.types
        and one.text is not None
    )
