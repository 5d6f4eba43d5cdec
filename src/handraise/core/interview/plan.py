"""What follows from the answers: the names of the table, its rows, its people.

What is not known makes the agent stop more, never less: an action of which nobody knows what it
moves always stops, an unknown threshold lets nothing go ahead, a role without people is filled by
the last resort. INVARIANT: `expected` says what a table of these rows must do, told from the
answers alone; the gate's own verdict is held against it by the tests that are written.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from handraise.core.interview.names import first_name_of, name_of, told_apart
from handraise.core.interview.questions import LAST_RESORT
from handraise.core.interview.taking import levels, usable
from handraise.core.interview.workbook import Workbook, steps
from handraise.core.table.build_people import RESERVED
from handraise.core.table.units import seconds
from handraise.model import OWNER

ACKNOWLEDGE, DECIDE = "30m", "8h"
NO_TYPE = "none_named_yet"
AUDITOR = "auditor"
RAREST = 1_000_000
"""A table draws one in so many at the rarest."""


class PersonPlan(Struct, frozen=True, kw_only=True):
    """A person of the table; `path` is where their answers stand."""

    id: str
    path: str
    name: str
    contact: str
    hours: str
    zone: str
    capacity: int | None


class RolePlan(Struct, frozen=True, kw_only=True):
    """A route of the table; `people` by id, and `named` whether anybody was named for it."""

    id: str
    path: str
    name: str
    people: tuple[str, ...]
    named: bool
    acknowledge: str
    decide: str
    needs: int
    expected: int | None


class ActionPlan(Struct, frozen=True, kw_only=True):
    """An action of the table.

    Attributes:
        id: its name there.
        path: where its answers stand.
        name: what the team calls it.
        level: the place of its severity among the levels, from 0.
        field: where the amount stands in its proposal; empty where no money moves.
        limit: up to which amount it goes ahead; None where no money moves.
        is_clear: whether it is known what it moves.
    """

    id: str
    path: str
    name: str
    level: int
    field: str
    limit: Decimal | None
    is_clear: bool


class Example(Struct, frozen=True, kw_only=True):
    """A decision to try the table on; `amount` is what its action moves."""

    type: str
    action: ActionPlan | None
    confidence: Decimal
    amount: Decimal = Decimal(0)


class RowPlan(Struct, frozen=True, kw_only=True):
    """A row of the table.

    Attributes:
        condition: confidence, consequence or novelty.
        fields: what stands in it, as YAML by key.
        to: the route.
        told: when it holds, as people say it.
        holds: whether an example must stop at it.
        why: the reasons, as the team gave them.
    """

    condition: str
    fields: dict[str, str]
    to: str
    told: str
    holds: Callable[[Example], bool]
    why: tuple[str, ...] = ()


class AuditPlan(Struct, frozen=True, kw_only=True):
    """Who looks at a sample of what went ahead.

    Attributes:
        route: to whom it goes; the last resort's own where it is them.
        person: who that is.
        one_in: one in so many.
    """

    route: str
    person: str
    one_in: int


class Plan(Struct, frozen=True, kw_only=True):
    """All that the table says.

    Attributes:
        agent: its name in the table.
        types: the known types.
        are_types_known: whether the team has named any.
        levels: what the team calls them, the least bad one first.
        level_ids: the same in the table.
        unit: of amounts; empty for none.
        fact: the name of the amount in the table.
        actions: in the team's order.
        people: in the team's order.
        roles: in the team's order.
        owner: the id of the last resort; empty as long as nobody is.
        threshold: the least confidence that goes ahead; None while it is not known.
        severe_from: the place of the first level at which a human always decides.
        goes_to: the route for `unsure`, `money`, `severe` and `new`.
        audit: who looks at a sample; None where nobody does, or it is not known at how many.
    """

    agent: str
    types: tuple[str, ...]
    are_types_known: bool
    levels: tuple[str, ...]
    level_ids: tuple[str, ...]
    unit: str
    fact: str
    actions: tuple[ActionPlan, ...]
    people: tuple[PersonPlan, ...]
    roles: tuple[RolePlan, ...]
    owner: str
    threshold: Decimal | None
    severe_from: int
    goes_to: dict[str, str]
    audit: AuditPlan | None = None

    @property
    def is_any_severe(self) -> bool:
        """Whether an action is rated so badly that a human always decides."""
        return any(action.level >= self.severe_from for action in self.actions)

    @property
    def moves_money(self) -> bool:
        """Whether an action moves money, or might."""
        return any(action.limit is not None or not action.is_clear for action in self.actions)

    @property
    def held_for(self) -> tuple[str, ...]:
        """What is missing without which the agent does nothing alone; empty for nothing."""
        missing = {
            "how sure it must be": self.threshold is None,
            "which requests it knows": not self.are_types_known,
            "what it may do": not self.actions,
        }
        return tuple(what for what, is_missing in missing.items() if is_missing)


class Called(Struct, frozen=True, kw_only=True):
    """What somebody or something is called in the table.

    Attributes:
        name: what the team calls it.
        id: its name in the table.
        used: what it is; of a person, how a command is told that they run it.
    """

    name: str
    id: str
    used: str


def called_of(workbook: Workbook) -> tuple[Called, ...]:
    """Return what the agent, each person, role and action is called in the table, in that order."""
    plan = plan_of(workbook)
    agent = workbook.known("agent.name")
    return (
        *((Called(name=agent, id=plan.agent, used="the agent"),) if agent else ()),
        *(Called(name=one.name, id=one.id, used=f"--as {one.id}") for one in plan.people),
        *(Called(name=one.name, id=one.id, used="role") for one in plan.roles),
        *(Called(name=one.name, id=one.id, used="action") for one in plan.actions),
    )


def plan_of(workbook: Workbook) -> Plan:
    """Return what follows from the answers, however few there are."""
    said = _Said(workbook)
    people = _people(said)
    by_name = {person.name: person.id for person in people}
    owner = by_name.get(said("silence.owner"), "")
    roles = _roles(said, by_name, owner)
    to = {role.name: role.id for role in roles} | {LAST_RESORT: OWNER}
    types = tuple(one for one in said("requests.types").split("\n") if one)
    named = levels(workbook)
    unit = said("actions.unit")
    return Plan(
        agent=name_of(said("agent.name"), "agent", may_have_hyphens=True),
        types=types or (NO_TYPE,),
        are_types_known=bool(types),
        levels=tuple(named),
        level_ids=tuple(
            told_apart((name_of(one, f"level_{n}"),) for n, one in enumerate(named, 1))
        ),
        unit=unit,
        fact=f"amount_{name_of(unit, 'unit')}" if unit else "amount",
        actions=_actions(said, named),
        people=people,
        roles=roles,
        owner=owner,
        threshold=_share(said("stops.threshold")),
        severe_from=_level(said("stops.severe_from"), named, 0),
        goes_to={
            key: to.get(said(f"stops.{key}"), OWNER) for key in ("unsure", "money", "severe", "new")
        },
        audit=_audit(said, by_name.get(said("silence.checks"), ""), owner, roles),
    )


class _Said:
    """The answers that can be used, by path."""

    def __init__(self, workbook: Workbook) -> None:
        self.workbook = workbook
        self.answers = {
            one.path: usable(one.question, workbook, one.path) for one in steps(workbook)
        }

    def __call__(self, path: str) -> str:
        return self.answers.get(path, "")

    def named(self, group: str) -> list[tuple[str, str]]:
        """Return the items of a group that have a name: path and name."""
        paths = [f"{group}.{number}" for number in self.workbook.items(group)]
        return [(path, name) for path in paths if (name := self(f"{path}.name"))]


def _people(said: _Said) -> tuple[PersonPlan, ...]:
    named = said.named("people")
    ids = told_apart(
        ((first_name_of(name, "person"), name_of(name, "person")) for _, name in named),
        RESERVED,
    )
    return tuple(
        PersonPlan(
            id=id,
            path=path,
            name=name,
            contact=_contact(said(f"{path}.contact"), id),
            hours=said(f"{path}.hours") or "always",
            zone=said(f"{path}.zone"),
            capacity=_count(said(f"{path}.capacity")),
        )
        for id, (path, name) in zip(ids, named, strict=True)
    )


def _contact(answer: str, id: str) -> str:
    if not answer:
        return f"${{{id.upper()}_CONTACT}}"
    return f"mailto:{answer}" if "@" in answer else answer


def _roles(said: _Said, by_name: dict[str, str], owner: str) -> tuple[RolePlan, ...]:
    named = said.named("roles")
    ids = told_apart(((name_of(name, "role"),) for _, name in named), [OWNER])
    return tuple(
        _role(said, id, path, name, by_name, owner)
        for id, (path, name) in zip(ids, named, strict=True)
    )


def _role(
    said: _Said, id: str, path: str, name: str, by_name: dict[str, str], owner: str
) -> RolePlan:
    chosen = [by_name[one] for one in said(f"{path}.people").split("\n") if one in by_name]
    people = chosen or [owner]
    wants_two = said(f"{path}.needs") == "2"
    if wants_two and len(people) == 1 and owner not in people:
        people = [*people, owner]
    acknowledge = said(f"{path}.acknowledge") or ACKNOWLEDGE
    decide = said(f"{path}.decide") or DECIDE
    if seconds(decide) < seconds(acknowledge):
        decide = acknowledge
    return RolePlan(
        id=id,
        path=path,
        name=name,
        people=tuple(people),
        named=bool(chosen),
        acknowledge=acknowledge,
        decide=decide,
        needs=2 if wants_two and len(people) > 1 else 1,
        expected=_count(said(f"{path}.expected")),
    )


def _audit(said: _Said, person: str, owner: str, roles: tuple[RolePlan, ...]) -> AuditPlan | None:
    one_in = _count(said("silence.one_in"))
    if not person or not one_in or one_in > RAREST:
        return None
    *_, own = told_apart([*((role.id,) for role in roles), (AUDITOR,)], [OWNER])
    return AuditPlan(route=OWNER if person == owner else own, person=person, one_in=one_in)


def _actions(said: _Said, named: list[str]) -> tuple[ActionPlan, ...]:
    found = said.named("actions")
    ids = told_apart((name_of(name, "action"),) for _, name in found)
    return tuple(
        _action(said, id, path, name, named) for id, (path, name) in zip(ids, found, strict=True)
    )


def _action(said: _Said, id: str, path: str, name: str, named: list[str]) -> ActionPlan:
    moves, field = said(f"{path}.money"), said(f"{path}.field")
    is_clear = moves == "no" or (moves == "yes" and bool(field))
    has_amount = is_clear and moves == "yes"
    return ActionPlan(
        id=id,
        path=path,
        name=name,
        level=_level(said(f"{path}.severity"), named, len(named) - 1),
        field=field if has_amount else "",
        limit=Decimal(said(f"{path}.limit") or 0) if has_amount else None,
        is_clear=is_clear,
    )


def _level(answer: str, named: list[str], otherwise: int) -> int:
    return named.index(answer) if answer in named else otherwise


def _share(answer: str) -> Decimal | None:
    return Decimal(answer.removesuffix("%")) / 100 if answer else None


def _count(answer: str) -> int | None:
    return int(answer) if answer else None
