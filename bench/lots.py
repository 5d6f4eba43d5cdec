"""What drawing decisions for audits costs the agent: two live gates, one of which draws."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.measure import Contestant, take_turns
from bench.report import Part, compared
from bench.rules import values
from bench.scratch import Settled, scratch_folder
from handraise.core.gate.drawing import drawn
from handraise.core.table.types import Auditing
from handraise.demo.example import MISSION_TABLE
from handraise.service.going_live.line import REQUIRED, Line
from handraise.service.telling.wording import fresh_id
from handraise.service.wiring import assemble
from handraise.settings import Settings

LIMIT = 1.5
AUDIT = "audit: {one_in: 200, to: support_supervisor, twice: 0}\n"
WITHOUT, WITH = "no audit", "one in 200 drawn"
ALL = "all drawn, each with a text of 400 letters"

ABOUT = """\
`gate.decide` of a live embedded gate on a decision without a key that goes ahead, handed to the
recorder; and the same until all of 500 are durable. What is drawn is kept with its text and its
context, in the transaction of its decision. Processor time of the calling thread; elapsed time
where it says durable."""


def run() -> Iterator[Part]:
    """Yield the part."""
    with (
        scratch_folder() as folder,
        _live(folder / "a", "") as plain,
        _live(folder / "b", AUDIT) as some,
        _live(folder / "c", AUDIT.replace("200", "1")) as every,
    ):
        yield _part({WITHOUT: plain, WITH: some, ALL: every})


def _part(gates: dict[str, Any]) -> Part:
    fields = values(text="My card was charged twice. " * 15, context={"customer": "c-17"})

    def many(gate: Any) -> Any:
        settled = Settled(gate)

        def decide_many() -> None:
            for _ in range(500):
                assert not gate.decide(**fields).escalated
            settled()

        return decide_many

    calls = {
        name: Contestant(
            run=lambda gate=gate: gate.decide(**fields), calls=500, after=Settled(gate)
        )
        for name, gate in gates.items()
    }
    durable = {
        f"500 until durable, each: {name}": Contestant(run=many(gate), calls=1, jobs=500)
        for name, gate in gates.items()
    }
    auditing, key = Auditing(one_in={"": 200}, to="support_supervisor"), b"k" * 32
    id = fresh_id()
    hashing = {"the draw alone": Contestant(run=lambda: drawn(auditing, None, key, id))}
    samples = take_turns(calls, watch=time.thread_time) | take_turns(hashing)
    samples |= take_turns(durable, watch=time.perf_counter)
    first, second, third = durable
    lines = (
        compared(samples, "the draw alone"),
        compared(samples, WITH, WITHOUT, LIMIT),
        compared(samples, ALL, WITHOUT),
        compared(samples, second, first, LIMIT),
        compared(samples, third, first),
    )
    return Part(title="Decisions drawn for audits", about=ABOUT, lines=lines)


@contextmanager
def _live(folder: Path, audit: str) -> Iterator[Any]:
    """Yield a gate whose table was signed for, as if everything had been seen."""
    folder.mkdir()
    path = folder / "handraise.yaml"
    path.write_text(MISSION_TABLE + audit, encoding="utf-8")
    settings = Settings(secret="for measuring only " * 2, console=True)
    operation = assemble([path], settings)
    (gate,) = operation.gates.values()
    try:
        table, store, now = gate.table, operation.store, operation.clock.now()
        for person in table.people.values():
            for contact in person.contacts:
                code = f"{person.id} {contact}"
                store.contact_asked(person.id, contact, code, now)
                store.verify_contact(code, now, since=now - timedelta(days=1))
        lines = [
            Line(code=code, name=code, state="green", evidence="measured", version=table.version)
            for code in REQUIRED
        ]
        operation.readiness.sign(table, lines, table.owner)
        gate.look()
        yield gate
    finally:
        operation.close()
