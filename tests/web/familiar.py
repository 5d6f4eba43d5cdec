"""An operation whose support agent has learned what is familiar, with the usual moves around it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from handraise.clock import ManualClock
from handraise.service.learning.artifact import write_files
from handraise.service.learning.learned_model import MAP, map_directions
from handraise.service.learning.packing import packed
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.familiar import learned, manifest, requests
from tests.support.signed import sign
from tests.support.verified import verify_everybody
from tests.web.support import ORDERS_TABLE

SHELLS = (
    "can I pay my bill with shells",
    "I want to pay the bill with shells",
    "may I pay a bill with shells?",
)
STRAY = "=the printer is on fire in zanzibar"
SUMMARY: dict[str, Any] = {
    "rows": 600, "added": 2, "held_out": 240,
    "promise": {"rate": 0.05, "low": 0.02, "high": 0.08, "held_out": 120},
    "forecast": {"caught": 0.5, "rows": 60, "types": 2},
}  # fmt: skip
TABLE = """\
handraise: 1
agent: support-agent
owner: priya
people:
  dana:  {name: Dana Reyes, contact: "mailto:dana@example.com"}
  marc:  {name: Marc Oyelaran, contact: "mailto:marc@example.com"}
  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes: {support_supervisor: [dana, marc], finance_lead: [ines]}
facts: {amount: number}
known: known/
escalate:
  confidence:  {below: 0.72, to: support_supervisor}
  consequence: {when: amount > 5000, to: finance_lead}
  novelty:
    - {unknown: type, to: support_supervisor, tag: new situation}
    - {unfamiliar: 5%, to: support_supervisor, tag: new situation}
"""


@cache
def fitted() -> Any:
    """Return what is learned of 300 made-up requests."""
    return learned(requests(300, facts=False), 60, kinds={})


def write_learned(folder: Path, **fields: Any) -> None:
    """Write what was learned."""
    content = packed(fitted().model, fitted().held_out)
    arrays = {**content.arrays, MAP: map_directions(fitted().model)}
    described = manifest(fitted(), **{"summary": SUMMARY, **fields})
    write_files(folder, described, content.meta, arrays)


def given(text: str, **fields: Any) -> dict[str, Any]:
    """Return a sure decision on a request."""
    usual = {"type": "refund", "action": "reply", "confidence": 0.9, "facts": {"amount": 1.0}}
    return {**usual, "text": text, **fields}


def table_text(usual: str) -> str:
    """Return the table with tests of its own."""
    stops = {"escalate": ["support_supervisor"]}
    cases = [
        ("usual", given(usual), "proceed"),
        ("unsure", given(usual, confidence=0.1), stops),
        ("big", given(usual, facts={"amount": 6000.0}), {"escalate": ["finance_lead"]}),
        ("new", given(usual, type="alien"), stops),
        ("odd", given(STRAY), stops),
    ]
    tests = [{"name": name, "given": one, "expect": expect} for name, one, expect in cases]
    return f"{TABLE}tests: {json.dumps(tests)}\n"


def learned_operation(
    folder: Path, empty_store: Path, clock: ManualClock, settings: Settings
) -> Iterator[Operation]:
    """Yield an operation of an agent that has learned and of one that has not."""
    shutil.copy(empty_store, folder / "handraise.db")
    write_learned(folder / "known")
    usual = usual_texts()[0]
    (folder / "support.yaml").write_text(table_text(usual))
    (folder / "orders.yaml").write_text(ORDERS_TABLE)
    tables = [folder / "support.yaml", folder / "orders.yaml"]
    operation = assemble(tables, settings, clock=clock)
    verify_everybody(operation)
    for path in tables:
        sign(operation, path)
    yield operation
    operation.close()


@cache
def usual_texts() -> tuple[str, ...]:
    """Return ten requests for a refund that nothing is unusual about, the most usual first."""
    from handraise.core.familiar.model import judged

    asked = requests(60, types=("refund",), facts=False, seed=5)
    found = judged(fitted().model, fitted().held_out, asked, None).p
    order = sorted(range(len(asked)), key=lambda at: -found[at])
    return tuple(asked[at].text or "" for at in order[:10])
