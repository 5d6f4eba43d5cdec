"""The routing table as records: read, checked and ready to be compiled.

Everything here is frozen and says only what stands in the file; nothing reads files or judges.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.expression import Node
from handraise.core.table.form import Form
from handraise.model import Learned

RowKind = Literal["below", "when", "severity", "unknown", "unfamiliar"]
FactType = Literal["number", "integer", "text", "boolean", "one_of"]

ALWAYS: tuple[Span, ...] = ()
"""Hours without spans: on duty round the clock."""


class Span(Struct, frozen=True):
    """A stretch of a week's day: weekdays 0 (Monday) to 6, minutes after local midnight.

    `end` is exclusive and greater than `start`; a span past midnight is two spans.
    """

    weekday: int
    start: int
    end: int


class CalendarUse(Struct, frozen=True):
    """An on-call calendar in a person's hours.

    Attributes:
        file: the iCalendar file, relative to the table's folder.
        every_event: whether each event in it is a shift of this person; otherwise only those that
            name them.
    """

    file: str
    every_event: bool = False


class Person(Struct, frozen=True, kw_only=True):
    """A named human.

    Attributes:
        id: the name used in the table.
        name: the full name.
        contacts: Apprise URLs in order of preference; `${NAME}` refers to the environment.
        hours: weekly spans in `zone`; empty means always, unless there are calendars.
        calendars: on-call calendars; a shift in one of them is duty too.
        holidays: on whose public holidays they are off within their spans, e.g. `US` or `US-CA`;
            None for nobody's. Shifts of a calendar are kept on holidays.
        zone: IANA time zone.
        capacity_day: how many asks a day; None means no limit.
        capacity_open: how many open asks at once; None means no limit.
    """

    id: str
    name: str
    contacts: tuple[str, ...]
    hours: tuple[Span, ...] = ALWAYS
    calendars: tuple[CalendarUse, ...] = ()
    holidays: str | None = None
    zone: str = "UTC"
    capacity_day: int | None = None
    capacity_open: int | None = None


class Route(Struct, frozen=True, kw_only=True):
    """A role: its people in order, its two deadlines in seconds, how many of them must agree."""

    id: str
    people: tuple[str, ...]
    acknowledge_within_s: float
    decide_within_s: float
    needs: int = 1


class Action(Struct, frozen=True, kw_only=True):
    """A kind of thing the agent may do: how bad a wrong one is, and the form of its proposal."""

    id: str
    severity: str
    form: Form | None = None


class Fact(Struct, frozen=True, kw_only=True):
    """A declared value that rows read.

    Attributes:
        id: its name.
        type: number, integer, text, boolean or one_of.
        choices: the allowed texts of a `one_of`.
        unit: for people, e.g. USD.
        about: one line for people.
        source: one expression for all actions; None when stated or worked out by action.
        sources: an expression for each action that has one.
        otherwise: the value for the actions without an expression; None when there is none.
    """

    id: str
    type: FactType
    choices: tuple[str, ...] = ()
    unit: str = ""
    about: str = ""
    source: Node | None = None
    sources: dict[str, Node] = {}
    otherwise: Any = None

    @property
    def is_derived(self) -> bool:
        """Whether it is worked out from the proposal rather than stated by the agent."""
        return self.source is not None or bool(self.sources)


class Row(Struct, frozen=True, kw_only=True):
    """One line of a condition.

    Attributes:
        id: `condition.number`, numbered from 1 within the condition.
        condition: confidence, consequence or novelty.
        kind: how it is judged.
        to: the route that must agree.
        tag: a word for people, e.g. `new situation`.
        name: what the team calls it; empty for none.
        below: for `below`: the threshold for every type, or for the types without one of their own.
        below_by_type: for `below`: thresholds by type.
        when: for `when`: the expression.
        severity: for `severity`: the least severity that fires it.
        unfamiliar: for `unfamiliar`: the share of familiar decisions that it may stop, in (0, 0.5].
        for_types: only these types; empty for all.
        for_actions: only these actions; empty for all.
        line: where it stands in the file, 1-based.
    """

    id: str
    condition: Literal["confidence", "consequence", "novelty"]
    kind: RowKind
    to: str
    tag: str | None = None
    name: str = ""
    below: float | None = None
    below_by_type: dict[str, float] = {}
    when: Node | None = None
    severity: str | None = None
    unfamiliar: float | None = None
    for_types: tuple[str, ...] = ()
    for_actions: tuple[str, ...] = ()
    line: int = 0


class Case(Struct, frozen=True, kw_only=True):
    """A test that stands in the table: a decision and the verdict it must get.

    Attributes:
        name: one line for people.
        given: the decision's fields.
        escalate: the routes it must stop at, in order; empty means it must proceed.
        line: where it stands in the file, 1-based.
    """

    name: str
    given: dict[str, Any]
    escalate: tuple[str, ...]
    line: int = 0


class Claim(Struct, frozen=True, kw_only=True):
    """What the team says of every possible decision; `handraise prove` proves it or refutes it.

    Attributes:
        name: one line for people.
        when: of which decisions; None for all.
        kind: `reaches`: each of `routes` is asked; `never`: none goes ahead; `always`: every sound
            one goes ahead; `unreachable`: no sound one asks any of `routes`.
        routes: for `reaches` and `unreachable`; empty for the others.
        line: where it stands in the file, 1-based.
    """

    name: str
    when: Node | None = None
    kind: Literal["reaches", "never", "always", "unreachable"]
    routes: tuple[str, ...] = ()
    line: int = 0


class Known(Struct, frozen=True, kw_only=True):
    """What the agent was trained on.

    Attributes:
        types: the known types, sorted.
        file: the labelled file they were read from; None when they stand in the table.
        column: the file's column.
        learned: what the learned files say of themselves; None where the table names none.
    """

    types: tuple[str, ...]
    file: str | None = None
    column: str | None = None
    learned: Learned | None = None


class Calibration(Struct, frozen=True, kw_only=True):
    """What a table says of the calibration it names; part of its version by the digest.

    Attributes:
        file: where it stands, relative to the table's folder.
        digest: of all that it says, 64 hex digits.
        labels: how many labelled decisions the map was fitted to.
        map: from the confidence that the agent states to the one that rows read.
    """

    file: str
    digest: str
    labels: int
    map: CalibrationMap


class Auditing(Struct, frozen=True, kw_only=True):
    """Which decisions that went ahead a person looks at afterwards, drawn by lot.

    Attributes:
        one_in: by severity, least first: one in so many is drawn; 1 draws all. The key is empty
            for actions without a severity.
        to: the route whose people look at them.
        within_s: seconds until when they should.
        twice: the share of them that a second person looks at too, in [0, 0.5].
        at_most_day: how many a day for each person; None for a tenth of their daily capacity, and
            at least one.
        promise: the share that may go wrong alone, in (0, 0.5]; None for what was calibrated.
    """

    one_in: dict[str, int]
    to: str
    within_s: float = 259_200.0
    twice: float = 0.1
    at_most_day: int | None = None
    promise: float | None = None


class Table(Struct, frozen=True, kw_only=True):
    """A routing table whose findings hold no error.

    Attributes:
        agent: the agent's name.
        purpose: one line for people.
        owner: the person who is the last resort.
        people: by id.
        routes: by id.
        severities: least first.
        actions: by id; empty when the table rates none.
        facts: by id.
        known: what the agent was trained on.
        rows: in the table's order.
        several: `every` route whose rows fired must agree, or only the `first` row's.
        unanswered: `hold` stays stopped and keeps reminding the owner; `reject` ends as expired.
        silent_after_s: seconds of silence in a piece of work that make a stall.
        tests: the cases tried on every change.
        calibration: what turns the stated confidence into the one that rows read; None where they
            read it as it is stated.
        claims: what is proved for every possible decision.
        audit: which decisions that went ahead are looked at afterwards; None for none.
        quiet_after_s: seconds without any decision that are an alarm; None for what is unusual.
        false_alarms: how likely all statistical alarms together may be false ones, in (0, 0.5].
        confirm: the least severity at which approving needs a passkey; None where nothing does.
        readers: who may read everything of the agent, sorted; whoever of them is on no route and
            not the owner decides nothing.
        version: the digest of all this; see `handraise.core.table.digest`.
    """

    agent: str
    purpose: str
    owner: str
    people: dict[str, Person]
    routes: dict[str, Route]
    severities: tuple[str, ...]
    actions: dict[str, Action]
    facts: dict[str, Fact]
    known: Known
    rows: tuple[Row, ...]
    several: Literal["every", "first"] = "every"
    unanswered: Literal["hold", "reject"] = "hold"
    silent_after_s: float = 600.0
    tests: tuple[Case, ...] = ()
    calibration: Calibration | None = None
    claims: tuple[Claim, ...] = ()
    audit: Auditing | None = None
    quiet_after_s: float | None = None
    false_alarms: float = 0.05
    confirm: str | None = None
    readers: tuple[str, ...] = ()
    version: str = ""

    def route_people(self, route: str) -> tuple[str, ...]:
        """Return the people of a route in order; the owner alone for the reserved route `owner`."""
        found = self.routes.get(route)
        return found.people if found else (self.owner,)

    def only_reads(self, person: str) -> bool:
        """Whether a person reads, and decides nothing: they are never asked anything."""
        return (
            person in self.readers
            and person != self.owner
            and all(person not in route.people for route in self.routes.values())
        )

    def severity_rank(self, severity: str) -> int:
        """Return the place of a severity, 0 for the least."""
        return self.severities.index(severity)

    @property
    def unfamiliar_rows(self) -> tuple[Row, ...]:
        """The rows that hold a decision against what was learned."""
        return tuple(row for row in self.rows if row.kind == "unfamiliar")
