"""What the inbox and the search look in: made from escalations and asks, with them, for them.

Nothing here says anything of its own, and no record commits to it.
"""

from __future__ import annotations

from sqlalchemy import DDL, Boolean, Column, ForeignKey, Index, Integer, Table, event

from handraise.store.columns import Instant, Words
from handraise.store.schema.base import escalation_id, metadata, where

WAITS = "deadline IS NOT NULL"

inbox_lines = Table(
    "inbox_lines",
    metadata,
    Column("ask_id", Words, ForeignKey("asks.id"), primary_key=True),
    escalation_id(nullable=False),
    Column("agent", Words, nullable=False),
    Column("route", Words, nullable=False),
    Column("practice", Boolean, nullable=False),
    Column("holder", Words, nullable=False),
    Column("delegate", Words),
    Column("deadline", Instant),
    Column("marks", Words, nullable=False),
    Column("answered_by", Words),
    Index("ix_inbox_lines_held", "holder", "practice", "deadline", "ask_id", **where(WAITS)),
    Index(
        "ix_inbox_lines_lent",
        "delegate",
        "practice",
        "deadline",
        "ask_id",
        **where(f"{WAITS} AND delegate IS NOT NULL"),
    ),
    Index(
        "ix_inbox_lines_on_route",
        "agent",
        "route",
        "practice",
        "deadline",
        "ask_id",
        "marks",
        **where(WAITS),
    ),
    Index(
        "ix_inbox_lines_waiting",
        "agent",
        "practice",
        "deadline",
        "ask_id",
        "route",
        "marks",
        **where(WAITS),
    ),
    Index("ix_inbox_lines_of_agent", "agent", "practice", "ask_id", **where("deadline IS NULL")),
    Index(
        "ix_inbox_lines_of_route",
        "agent",
        "route",
        "practice",
        "ask_id",
        **where("deadline IS NULL"),
    ),
    Index(
        "ix_inbox_lines_of_person",
        "answered_by",
        "ask_id",
        **where("answered_by IS NOT NULL"),
    ),
)
"""One for each ask. `deadline`: what its holder has before them, NULL once it has ended; `marks`:
the conditions and tags of its escalation, `|=novelty|#new situation|`; `answered_by`: who did."""

search_words = Table(
    "search_words",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("escalation_id", Words, ForeignKey("escalations.id"), nullable=False, unique=True),
    Column("agent", Words, nullable=False),
    Column("practice", Boolean, nullable=False),
    Column("words", Words, nullable=False),
)
"""By which words an escalation is found, folded, each once; `number` grows with time."""

SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_words',"
    " content_rowid='number', tokenize='ascii', detail='none', prefix='2 3')"
)
"""The words are folded and parted already: every blank parts them, and nothing else does."""

POSTGRES_SEARCH = (
    "CREATE INDEX ix_search_words_words ON search_words"
    " USING gin (array_to_tsvector(string_to_array(words, ' ')))"
)


def _after(table: Table, dialect: str, text: str) -> None:
    """Let a statement follow wherever the table is made on a database of that dialect."""
    made: DDL = DDL(text)  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
    event.listen(table, "after_create", made.execute_if(dialect=dialect))


_after(search_words, "postgresql", POSTGRES_SEARCH)
_after(search_words, "sqlite", SQLITE_SEARCH)
