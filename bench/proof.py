"""What a proof of a large table takes: the team's claims, and all that is claimed of any table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bench.measure import Contestant, Samples, middle, take_turns
from bench.report import Part, compared
from handraise.core.proof.prove import prove
from handraise.core.proof.strictness import strictness
from handraise.core.table.read import read
from handraise.core.table.types import Table

ROWS = 100
CLAIMS = 20
TYPES = 40
ACTIONS = 12
ROUTES = 8
LIMIT_S = 10.0
ROUNDS = 3
"""A turn takes seconds, and asks the same questions in the same order each time."""

EVERY = f"`prove`, {ROWS} rows, {CLAIMS} claims"
FIRST = f"{EVERY}, the first row decides"
SAME = f"`strictness`, {ROWS} rows against the same"
SMALL = "`prove`, 10 rows, 2 claims"

ABOUT = f"""\
{ROWS} rows of every kind over {TYPES} types, {ACTIONS} actions with forms, {ROUTES} routes and
eight facts, three of them worked out from the proposal and two of those money; {CLAIMS} claims of
all four kinds. All that is claimed of any table is proved with them. Processor time, the solver's
included."""


def run() -> Iterator[Part]:
    """Yield the one part."""
    yield proofs()


def proofs(rows: int = ROWS, claims: int = CLAIMS, rounds: int = ROUNDS) -> Part:
    """Return what the proofs of a large table take."""
    every, first = table(rows, claims), table(rows, claims, several="first")
    small = table(10, 2)
    calls = {
        EVERY: lambda: decided(every),
        FIRST: lambda: decided(first),
        SMALL: lambda: decided(small),
        SAME: lambda: strictness(every, table(rows, claims)),
    }
    samples = take_turns(
        {name: Contestant(run=call, calls=1) for name, call in calls.items()}, rounds=rounds
    )
    return Part(
        title="Claims about every possible decision",
        about=ABOUT,
        lines=tuple(compared(samples, name) for name in calls),
        notes=_against_limit(samples),
    )


def decided(table: Table) -> int:
    """Prove a table, and return how many results there are: each of them is decided."""
    found = prove(table)
    assert all(one.state != "open" for one in found)
    return len(found)


def table(rows: int, claims: int, several: str = "every") -> Table:
    """Return a table with so many rows and claims; the same each time."""
    actions = {f"action_{n}": _action(n) for n in range(ACTIONS)}
    written = {
        "handraise": 1,
        "agent": "agent",
        "owner": "priya",
        "people": {
            id: {"name": id, "contact": f"mailto:{id}@example.com"}
            for id in ("priya", *(f"person_{n}" for n in range(ROUTES)))
        },
        "routes": {f"route_{n}": [f"person_{n}"] for n in range(ROUTES)},
        "actions": actions,
        "facts": _facts(),
        "known": [f"type_{n}" for n in range(TYPES)],
        "escalate": _rows(rows),
        "several": several,
        "claims": [_claim(n) for n in range(claims)],
    }
    reading = read(json.dumps(written))
    assert reading.table is not None, [finding.line_text() for finding in reading.errors]
    return reading.table


def _action(n: int) -> dict[str, Any]:
    form = {"amount": "number", "months": "integer", "note": "text?"}
    return {"severity": ("low", "high", "critical")[n % 3], "proposal": form}


def _facts() -> dict[str, Any]:
    by_action = {f"action_{n}": f"{n + 1} * proposal.amount" for n in range(6)}
    return {
        "revenue_usd": {"type": "number", "from": by_action, "otherwise": 0},
        "fee_usd": {"type": "number", "from": "proposal.amount / 50 + abs(proposal.months)"},
        "months": {"type": "integer", "from": "proposal.months"},
        "age": "integer",
        "score": "number",
        "vip": "boolean",
        "country": "one of [us, de, pt, other]",
        "product": "text",
    }


def _rows(count: int) -> dict[str, list[dict[str, Any]]]:
    """Return rows of the three conditions; two thirds of them read facts."""
    whens = [_when(n) for n in range(count - 4 - count // 4)]
    narrow = [
        {"below": 0.75 + n / 500, "to": f"route_{n % ROUTES}", "for": {"type": f"type_{n % TYPES}"}}
        for n in range(count // 4)
    ]
    return {
        "confidence": [{"below": 0.7, "to": "route_0"}, *narrow],
        "consequence": [{"severity": "critical", "to": "route_1"}, *whens],
        "novelty": [
            {"unknown": "type", "to": "route_2"},
            {"unknown": "type", "to": "route_3", "tag": "new"},
        ],
    }


def _when(n: int) -> dict[str, Any]:
    limit = 1_000 + 37 * n
    forms = (
        f"abs(revenue_usd) > {limit}",
        f"fee_usd > {limit} or fee_usd < -{limit}",
        f"score / (age + {n}) > {n} and vip",
        f'country in ["us", "de"] and months > {n}',
        f'product == "product_{n}" and not vip',
        f"age < {20 + n % 50} and score + age > {limit}",
    )
    row: dict[str, Any] = {"when": forms[n % len(forms)], "to": f"route_{n % ROUTES}"}
    if n % 2:
        row["for"] = {"action": [f"action_{n % ACTIONS}", f"action_{(n + 5) % ACTIONS}"]}
    if n % 5 == 0:
        row.setdefault("for", {})["type"] = [f"type_{n % TYPES}", f"type_{(n + 7) % TYPES}"]
    return row


def _claim(n: int) -> dict[str, Any]:
    kinds: tuple[dict[str, Any], ...] = (
        {"when": 'severity == "critical"', "reaches": "route_1"},
        {"when": f"confidence < 0.6 and age > {n}", "never": "proceed"},
        {
            "when": f'confidence == 1 and action == "action_{3 * n % ACTIONS}" and amount_is_small',
            "always": "proceed",
        },
        {"when": f"confidence == 1 and revenue_usd > {n * 300}", "unreachable": "route_0"},
    )
    claim = kinds[n % len(kinds)]
    when = claim["when"].replace("amount_is_small", "abs(fee_usd) < 5 and score < 0 and age > 99")
    return {"name": f"claim {n}", **claim, "when": when}


def _against_limit(samples: Samples) -> str:
    took_s = max(middle(samples, EVERY), middle(samples, FIRST))
    holds = "That holds" if took_s <= LIMIT_S else "**That does not hold**"
    return f"""\
A table of {ROWS} rows with {CLAIMS} claims was to be proved within {LIMIT_S:g} s. {holds}:
{took_s:.2g} s."""
