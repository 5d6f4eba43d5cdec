"""What the tables are made with: one collection of them, and the columns that many have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData, text

from handraise.store.columns import Words

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def one_of(column: str, *words: str) -> str:
    """Return the condition that a column holds one of some words."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def where(condition: str) -> dict[str, Any]:
    """Return what makes an index one of only the rows of a condition."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def own_id() -> Column[str]:
    """Return the column of a row's own id."""
    return Column("id", Words, primary_key=True)


def escalation_id(*, nullable: bool = True) -> Column[str]:
    """Return the column of the escalation a row is of."""
    return Column("escalation_id", Words, ForeignKey("escalations.id"), nullable=nullable)


def ask_id(*, nullable: bool = True) -> Column[str]:
    """Return the column of the ask a row is of."""
    return Column("ask_id", Words, ForeignKey("asks.id"), nullable=nullable)
