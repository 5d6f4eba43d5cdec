"""The rows of the table, the claims about money, and the tests, all told from the answers.

The tests' verdicts come from the team's words (`RowPlan.holds`), never from the gate that they are
there to try.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.interview.names import listed
from handraise.core.interview.plan import ActionPlan, Example, Plan, RowPlan
from handraise.core.interview.workbook import Workbook
from handraise.core.table.edit import number_text


class ClaimPlan(Struct, frozen=True, kw_only=True):
    """A claim of the table: decisions of which `when` is true reach a route."""

    name: str
    when: str
    to: str


class CasePlan(Struct, frozen=True, kw_only=True):
    """A test of the table; no routes mean that it goes ahead."""

    name: str
    example: Example
    routes: tuple[str, ...]


def rows_of(plan: Plan, workbook: Workbook) -> tuple[RowPlan, ...]:
    """Return the rows, in the order of the table."""
    consequence = [*_money_rows(plan, workbook), *_unclear_rows(plan), *_held_rows(plan)]
    if plan.actions and (plan.is_any_severe or not consequence):
        consequence.append(_severe_row(plan, workbook))
    return (_confidence_row(plan), *consequence, _novelty_row(plan))


def expected(rows: tuple[RowPlan, ...], example: Example) -> tuple[str, ...]:
    """Return the routes that an example must stop at, in the table's order."""
    return tuple(dict.fromkeys(row.to for row in rows if row.holds(example)))


def claims_of(plan: Plan) -> tuple[ClaimPlan, ...]:
    """Return what must hold for every amount: above its limit, the money's route is asked."""
    to = plan.goes_to["money"]
    return tuple(
        ClaimPlan(
            name=f"{action.name}: above its limit, {to} decides",
            when=f"action == '{action.id}' and {_above(plan, limit)}",
            to=to,
        )
        for limit, actions in _by_limit(plan)
        for action in actions
    )


def cases_of(plan: Plan, rows: tuple[RowPlan, ...]) -> tuple[CasePlan, ...]:
    """Return the tests: one that goes ahead where any may, one on each side of each limit.

    The known kinds of request take turns: no rule tells one of them from another.
    """
    named: dict[str, CasePlan] = {}
    for example in _examples(plan):
        routes = expected(rows, example)
        name = _told(plan, example, routes)
        if example.type in plan.types:
            turn = plan.types[len(named) % len(plan.types)]
            example = replace(example, type=turn)
        named.setdefault(name, CasePlan(name=name, example=example, routes=routes))
    return tuple(named.values())


def _confidence_row(plan: Plan) -> RowPlan:
    threshold = Decimal(1) if plan.threshold is None else plan.threshold
    return RowPlan(
        condition="confidence",
        fields={"below": _percent(threshold)},
        to=plan.goes_to["unsure"],
        told=f"it is less than {_percent(threshold)} sure",
        holds=lambda example: example.confidence < threshold,
    )


def _by_limit(plan: Plan) -> list[tuple[Decimal, list[ActionPlan]]]:
    found: dict[Decimal, list[ActionPlan]] = {}
    for action in plan.actions:
        if action.limit is not None:
            found.setdefault(action.limit, []).append(action)
    return list(found.items())


def _money_rows(plan: Plan, workbook: Workbook) -> Iterator[RowPlan]:
    groups = _by_limit(plan)
    for limit, actions in groups:
        fields = {"when": _above(plan, limit)}
        if len(groups) > 1:
            fields["for"] = _for(actions)
        yield RowPlan(
            condition="consequence",
            fields=fields,
            to=plan.goes_to["money"],
            told=f"{_or(actions)} moves more than {_amount(plan, limit)}",
            holds=_Holds(actions=tuple(actions), above=limit),
            why=_reasons(workbook, actions),
        )


class _Holds(Struct, frozen=True, kw_only=True):
    """Whether an example does one of some actions, and moves more than so much."""

    actions: tuple[ActionPlan, ...]
    above: Decimal | None = None

    def __call__(self, example: Example) -> bool:
        is_one = example.action in self.actions
        return is_one and (self.above is None or abs(example.amount) > self.above)


def _unclear_rows(plan: Plan) -> Iterator[RowPlan]:
    unclear = [action for action in plan.actions if not action.is_clear]
    if unclear:
        yield RowPlan(
            condition="consequence",
            fields={
                "when": "true",
                "for": _for(unclear),
                "name": "what this moves is not known yet",
            },
            to=plan.goes_to["money"],
            told=f"it wants to {_or(unclear)}: what that moves is not known yet",
            holds=_Holds(actions=tuple(unclear)),
        )


def _held_rows(plan: Plan) -> Iterator[RowPlan]:
    if plan.held_for:
        yield RowPlan(
            condition="consequence",
            fields={"when": "true", "name": f"not known yet: {listed(plan.held_for)}"},
            to=plan.goes_to["unsure"],
            told=f"it wants to do anything: not known yet is {listed(plan.held_for)}",
            holds=lambda _: True,
            why=("Until these points are settled the agent decides nothing alone.",),
        )


def _severe_row(plan: Plan, workbook: Workbook) -> RowPlan:
    severe = [action for action in plan.actions if action.level >= plan.severe_from]
    return RowPlan(
        condition="consequence",
        fields={"severity": plan.level_ids[plan.severe_from]},
        to=plan.goes_to["severe"],
        told=f"it wants to {_or(severe)}"
        if severe
        else f"an action is rated {plan.levels[plan.severe_from]} or worse",
        holds=_Holds(actions=tuple(severe)),
        why=_reasons(workbook, severe),
    )


def _novelty_row(plan: Plan) -> RowPlan:
    return RowPlan(
        condition="novelty",
        fields={"unknown": "type", "tag": "new situation"},
        to=plan.goes_to["new"],
        told="the request is of a kind it does not know",
        holds=lambda example: example.type not in plan.types,
    )


def _reasons(workbook: Workbook, actions: list[ActionPlan]) -> tuple[str, ...]:
    said = ((one.name, workbook.known(f"{one.path}.wrong")) for one in actions)
    return tuple(f"{name}: {wrong}" for name, wrong in said if wrong)


def _above(plan: Plan, limit: Decimal) -> str:
    return f"abs({plan.fact}) > {_number(limit)}"


def _for(actions: list[ActionPlan]) -> str:
    return f"{{action: [{', '.join(json.dumps(one.id) for one in actions)}]}}"


def _or(actions: list[ActionPlan]) -> str:
    *most, last = [one.name for one in actions]
    return f"{', '.join(most)} or {last}" if most else last


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


def _number(value: Decimal) -> str:
    return number_text(float(value)).removesuffix(".0")


def _amount(plan: Plan, value: Decimal) -> str:
    return f"{_number(value)} {plan.unit}".strip()


def _examples(plan: Plan) -> Iterator[Example]:
    sure, known = Decimal(1), plan.types[0]
    threshold = sure if plan.threshold is None else plan.threshold
    mildest = min(
        plan.actions,
        key=lambda one: (not one.is_clear, one.level, one.limit is not None),
        default=None,
    )
    yield Example(type=known, action=mildest, confidence=sure)
    yield Example(type=known, action=mildest, confidence=threshold)
    yield Example(
        type=known, action=mildest, confidence=threshold - min(Decimal("0.01"), threshold / 2)
    )
    yield Example(type=_unknown(plan), action=mildest, confidence=sure)
    for action in plan.actions:
        yield Example(type=known, action=action, confidence=sure)
        if action.limit is not None:
            for amount in (action.limit, action.limit + 1, -action.limit - 1):
                yield Example(type=known, action=action, confidence=sure, amount=amount)


def _unknown(plan: Plan) -> str:
    """Return a type that is none of the known ones."""
    count = len(plan.types) + 1
    names = ["never_seen", *(f"never_seen_{n}" for n in range(2, count + 1))]
    return next(name for name in names if name not in plan.types)


def _told(plan: Plan, example: Example, routes: tuple[str, ...]) -> str:
    """Return what a test shows, as its name; it has no numbers, which would have to be kept up."""
    parts = [example.action.name if example.action else "any request"]
    limit = example.action.limit if example.action else None
    if limit is not None:
        parts.append(_told_amount(example.amount, limit))
    if example.type not in plan.types:
        parts.append("of a kind never seen")
    parts.append(_told_confidence(example.confidence, plan.threshold))
    goes = f"asks {listed(routes)}" if routes else "goes ahead"
    return f"{', '.join(parts)}: {goes}"


def _told_amount(amount: Decimal, limit: Decimal) -> str:
    if not amount:
        return "moving nothing"
    if abs(amount) <= limit:
        return "at its limit"
    return "above its limit" if amount > 0 else "above its limit the other way"


def _told_confidence(confidence: Decimal, threshold: Decimal | None) -> str:
    if confidence == 1:
        return "wholly sure"
    return "just sure enough" if confidence == threshold else "not quite sure enough"
