"""The form of `handraise.yaml` as pydantic models: what may stand where, and its JSON Schema.

Shorthands (`refund: high`, `support_supervisor: [dana]`) are opened here; names are resolved in
`build`. Unknown keys are errors: a rule that is accepted and never run would be worse than none.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
)
from pydantic_core import PydanticCustomError

from handraise.core.table.units import capacity_hint

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_\-]*$", max_length=80)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=500)]
PERCENT = re.compile(r"^([0-9]{1,3}(?:\.[0-9]{1,10})?)\s*%$")


def _share(value: Any) -> Any:
    """Return a percentage as a share of 1: `75%` is 0.75."""
    found = PERCENT.fullmatch(value) if isinstance(value, str) else None
    return float(Decimal(found.group(1)) / 100) if found else value


def _with_unit(value: Any) -> Any:
    """Refuse a bare number as a duration: nobody knows whether minutes or seconds are meant."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        message = "the duration {number} has no unit; write {number}m or {number}s"
        raise PydanticCustomError("unit", message, {"number": value})
    return value


def _of_something(value: Any) -> Any:
    """Refuse a bare number as a capacity."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        message = "the capacity {number} has no unit; write {hint}"
        raise PydanticCustomError("unit", message, {"number": value, "hint": capacity_hint(value)})
    return value


Share = Annotated[float, Field(gt=0, le=1)]
Threshold = Annotated[
    Share,
    BeforeValidator(
        _share,
        json_schema_input_type=Share | Annotated[str, StringConstraints(pattern=PERCENT.pattern)],
    ),
]
Rate = Annotated[
    float,
    Field(gt=0, le=0.5),
    BeforeValidator(
        _share,
        json_schema_input_type=Annotated[float, Field(gt=0, le=0.5)]
        | Annotated[str, StringConstraints(pattern=PERCENT.pattern)],
    ),
]
"""A false-alarm rate: the share of familiar decisions that may be stopped for nothing."""

Twice = Annotated[
    float,
    Field(ge=0, le=0.5),
    BeforeValidator(
        _share,
        json_schema_input_type=Annotated[float, Field(ge=0, le=0.5)]
        | Annotated[str, StringConstraints(pattern=PERCENT.pattern)],
    ),
]
"""The share of audits that a second person looks at too; 0 for none."""

Duration = Annotated[
    str,
    BeforeValidator(_with_unit, json_schema_input_type=str),
    Field(description="a duration: 15m, 4h, 2d"),
]
Capacity = Annotated[str, BeforeValidator(_of_something, json_schema_input_type=str)]


class Spec(BaseModel):
    """The root of all models here: strict, closed, frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _listed(value: Any) -> Any:
    """Open a single value into a list of one."""
    return value if isinstance(value, list) or value is None else [value]


def _opened(key: str) -> Any:
    """Return a function that opens a shorthand: `high` is `{severity: high}`."""
    return lambda value: value if isinstance(value, dict) else {key: value}


Texts = Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
"""Texts; a single one stands for a list of one."""

SomeTexts = Annotated[Texts, Field(min_length=1)]
Lines = Annotated[
    list[Line],
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
    Field(min_length=1, max_length=10),
]


class CalendarSpec(Spec):
    """An on-call calendar: whose events are shifts of this person."""

    calendar: Annotated[Line, Field(description="an iCalendar file beside the table: oncall.ics")]
    events: Literal["named", "all"] = "named"


def _hours_kind(value: Any) -> str:
    """Return which form an entry of the hours has: what is no mapping can only be a text."""
    return "a calendar" if isinstance(value, dict | CalendarSpec) else "a span"


HoursEntry = Annotated[
    Annotated[str, Tag("a span")] | Annotated[CalendarSpec, Tag("a calendar")],
    Discriminator(_hours_kind),
]
Hours = Annotated[
    list[HoursEntry],
    BeforeValidator(_listed, json_schema_input_type=str | CalendarSpec | list[str | CalendarSpec]),
    Field(min_length=1, max_length=50),
]


class PersonSpec(Spec):
    """A named human."""

    name: Line
    contact: Lines
    hours: Hours = ["always"]
    holidays: Annotated[
        Line | None, Field(description="whose public holidays are days off: US, US-CA, DE-BY")
    ] = None
    zone: str = "UTC"
    capacity: Capacity | None = None


class RouteSpec(Spec):
    """A role: its people in order, its two deadlines, and how many of them must agree."""

    people: SomeTexts
    acknowledge_within: Duration = "30m"
    decide_within: Duration = "8h"
    needs: Annotated[int, Field(ge=1)] = 1


ShortRoute = Annotated[
    RouteSpec,
    BeforeValidator(_opened("people"), json_schema_input_type=RouteSpec | str | list[str]),
]


class ActionSpec(Spec):
    """A kind of thing the agent may do."""

    severity: str
    proposal: dict[str, Any] | None = None


ShortAction = Annotated[
    ActionSpec, BeforeValidator(_opened("severity"), json_schema_input_type=ActionSpec | str)
]


class FactSpec(Spec):
    """A declared value that rows read."""

    type: str
    unit: str = ""
    about: str = ""
    from_: Annotated[str | dict[str, str] | None, Field(alias="from")] = None
    otherwise: JsonValue = None


ShortFact = Annotated[
    FactSpec, BeforeValidator(_opened("type"), json_schema_input_type=FactSpec | str)
]


class KnownFileSpec(Spec):
    """A labelled file whose column holds the known types."""

    file: Line
    column: Line


Folder = Annotated[Line, Field(description="a folder of learned files beside the table: known/")]


class CalibratedSpec(Spec):
    """A calibration that stands elsewhere than in calibration.json beside the table."""

    calibrated: Annotated[
        Line, Field(description="a file of `handraise calibrate`, named from beside the table")
    ]


def _confidence_kind(value: Any) -> str:
    """Return which form `confidence` has: what is no mapping can only be a word."""
    return "a file" if isinstance(value, dict | CalibratedSpec) else "a word"


class ForSpec(Spec):
    """What narrows a row."""

    type: Texts | None = None
    action: Texts | None = None


class RowSpec(Spec):
    """What every row has: whom it goes to, and what it is called."""

    to: str
    name: str = ""
    tag: Line | None = None
    for_: Annotated[ForSpec | None, Field(alias="for")] = None


class ConfidenceSpec(RowSpec):
    """A row of the confidence condition."""

    below: Threshold | Annotated[dict[str, Threshold], Field(min_length=1)]


class ConsequenceSpec(RowSpec):
    """A row of the consequence condition: `when` or `severity`."""

    when: str | None = None
    severity: str | None = None


class NoveltySpec(RowSpec):
    """A row of the novelty condition: `unknown` or `unfamiliar`."""

    unknown: Literal["type"] | None = None
    unfamiliar: Rate | None = None


ConfidenceRows = Annotated[
    list[ConfidenceSpec],
    BeforeValidator(_listed, json_schema_input_type=ConfidenceSpec | list[ConfidenceSpec]),
    Field(min_length=1),
]
ConsequenceRows = Annotated[
    list[ConsequenceSpec],
    BeforeValidator(_listed, json_schema_input_type=ConsequenceSpec | list[ConsequenceSpec]),
    Field(min_length=1),
]
NoveltyRows = Annotated[
    list[NoveltySpec],
    BeforeValidator(_listed, json_schema_input_type=NoveltySpec | list[NoveltySpec]),
    Field(min_length=1),
]


class EscalateSpec(Spec):
    """The three conditions; each has at least one row."""

    confidence: ConfidenceRows
    consequence: ConsequenceRows
    novelty: NoveltyRows


OneIn = Annotated[int, Field(ge=1, le=1_000_000)]


def _one_in_kind(value: Any) -> str:
    """Return which form `one_in` has: what is no mapping can only be a number."""
    return "by severity" if isinstance(value, dict) else "a number"


class AuditSpec(Spec):
    """Which decisions that went ahead a person looks at afterwards, drawn by lot."""

    one_in: Annotated[
        Annotated[OneIn, Tag("a number")]
        | Annotated[dict[Identifier, OneIn], Field(min_length=1), Tag("by severity")],
        Discriminator(_one_in_kind),
        Field(description="200: one in 200; or by severity, with `else` for the others"),
    ]
    to: str
    within: Duration = "3d"
    twice: Annotated[
        Twice, Field(description="the share that a second person looks at too, to measure people")
    ] = 0.1
    at_most: Annotated[
        Capacity | None,
        Field(description="how many a day for each person: 5 a day; left out: a tenth of theirs"),
    ] = None
    promise: Annotated[
        Rate | None,
        Field(description="the share that may go wrong alone; left out: what was calibrated"),
    ] = None


class WatchSpec(Spec):
    """What is watched."""

    silent_after: Duration = "10m"
    quiet_after: Annotated[
        Duration | None,
        Field(description="no decision for so long is an alarm; left out: by the usual rate"),
    ] = None
    false_alarms: Annotated[
        Rate, Field(description="how likely all statistical alarms together may be false ones")
    ] = 0.05


class ExpectSpec(Spec):
    """That a test's decision must stop, and where."""

    escalate: SomeTexts


class CaseSpec(Spec):
    """A test: a decision and the verdict it must get."""

    name: Line
    given: dict[str, Any]
    expect: Literal["proceed"] | ExpectSpec


class ClaimSpec(Spec):
    """What the team says of every possible decision; it says exactly one of four things."""

    name: Line
    when: Annotated[
        str | None, Field(description="of which decisions, as in a row; left out: of all")
    ] = None
    reaches: SomeTexts | None = None
    never: Literal["proceed"] | None = None
    always: Literal["proceed"] | None = None
    unreachable: SomeTexts | None = None


class TableSpec(Spec):
    """A Handraise routing table: when the agent stops, and the named human each stop goes to."""

    model_config = ConfigDict(title="Handraise routing table")

    handraise: Literal[1]
    agent: Identifier
    purpose: str = ""
    owner: str
    people: Annotated[dict[Identifier, PersonSpec], Field(min_length=1)]
    routes: Annotated[dict[Identifier, ShortRoute], Field(min_length=1)]
    severities: Annotated[list[Identifier], Field(min_length=1)] = ["low", "high", "critical"]
    actions: dict[Identifier, ShortAction] = {}
    facts: dict[Identifier, ShortFact] = {}
    known: Annotated[list[Line], Field(min_length=1)] | KnownFileSpec | Folder
    confidence: Annotated[
        Annotated[Literal["stated", "calibrated"], Tag("a word")]
        | Annotated[CalibratedSpec, Tag("a file")],
        Discriminator(_confidence_kind),
        Field(description="the number that rows read: as the agent states it, or calibrated"),
    ] = "stated"
    escalate: EscalateSpec
    several: Literal["every", "first"] = "every"
    unanswered: Literal["hold", "reject"] = "hold"
    audit: AuditSpec | None = None
    confirm: Annotated[
        Identifier | None,
        Field(
            description="approving what is rated so, or worse, needs a passkey; left out: nothing"
        ),
    ] = None
    readers: Annotated[
        Texts, Field(description="people who read everything of this agent and decide nothing")
    ] = []
    watch: WatchSpec = WatchSpec()
    claims: list[ClaimSpec] = []
    tests: list[CaseSpec] = []


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `handraise.yaml`, for editors."""
    schema = TableSpec.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
