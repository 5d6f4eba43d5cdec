"""What a question of the workbook is: its words, the kind of its answer, when it is asked."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal[
    "line",  # any text, on one line
    "long",  # the same, in a larger field
    "lines",  # several texts, one a line
    "choice",  # one of the question's choices
    "level",  # one of the levels that the team has named
    "person",  # one of the people
    "persons",  # some of the people, in order
    "role",  # one of the roles, or the last resort
    "contact",
    "hours",
    "zone",
    "count",
    "amount",
    "share",
    "duration",
    "field",
]

UNKNOWN = "not known yet"
"""The answer of a team that does not know yet; it is written into the table as an open point."""

LAST_RESORT = "the last resort"
"""The role that is always there."""

YES_NO = (("yes", "yes"), ("no", "no"))


class Question(Struct, frozen=True, kw_only=True):
    """One question.

    Attributes:
        key: what it asks for, within its chapter or within one item of a group.
        ask: the question, in the words of the team.
        why: why it is asked.
        example: an answer of somebody else.
        kind: the kind of answer.
        choices: for `choice`: what is kept, and how it reads.
        unknown: what the table does as long as it is not known.
        unless: for a question about an item: the key and the answer of that item which make it
            needless; None to ask it always.
        is_needed: whether no table can be written without it.
        is_short: whether the short form asks it too.
    """

    key: str
    ask: str
    why: str
    example: str = ""
    kind: Kind = "line"
    choices: tuple[tuple[str, str], ...] = ()
    unknown: str = ""
    unless: tuple[str, str] | None = None
    is_needed: bool = False
    is_short: bool = False


class Group(Struct, frozen=True, kw_only=True):
    """Questions that are asked of each of several things; the first asks for its name.

    Attributes:
        one: what one of them is called: `person`.
        more: asks whether there is another one.
        questions: what is asked of each.
    """

    one: str
    more: str
    questions: tuple[Question, ...]


class Chapter(Struct, frozen=True, kw_only=True):
    """A chapter of the workbook.

    Attributes:
        id: its name in the file and in addresses.
        title: its heading.
        lead: what it is about, in a sentence or two.
        before: questions asked once, before those of the group.
        group: questions asked of each of several things.
    """

    id: str
    title: str
    lead: str
    before: tuple[Question, ...] = ()
    group: Group | None = None
