"""What the look at the familiar costs in the gate: of what goes ahead, and of what stops."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import handraise
from bench.familiar.apart import apart
from bench.familiar.asking import ASKED, judged, learned
from bench.familiar.requests import ENCODERS
from bench.familiar.sources import UNFAMILIAR, Labelled, Requests, clinc
from bench.measure import Contestant, Samples, take_turns
from bench.report import Line, Part, compared
from bench.rules import values
from bench.scratch import Settled, scratch_folder
from handraise.model import Decision
from handraise.service.learning.artifact import read_manifest
from handraise.service.learning.learned_model import load

CALLS, STOPS = 100, 20
FEWER_ROUNDS = 9

ABOUT = """\
`gate.decide` of an embedded gate, in rehearsal, of a table that knows CLINC150's types from its
learned files, with `unfamiliar: 5%` and without; the requests are other ones of those types, no
text comes twice within a thousand. A stop is of a foreign request that states a known type: for its
wording, told in words with the nearest familiar ones; without the row, for a type not known. One
core, one thread; processor time of the calling thread."""


def run() -> Iterator[Part]:
    """Yield the one part."""
    yield part(clinc())


def part(
    requests: Requests, encoders: Sequence[str] = ENCODERS, rounds: int = FEWER_ROUNDS
) -> Part:
    """Return what an `unfamiliar` row costs with each encoder; in a fresh process."""
    lines: list[Line] = []
    for encoder in encoders:
        samples = apart(taken, requests, encoder, rounds)
        for with_row, without in zip(*[iter(samples)] * 2, strict=True):
            lines.append(compared(samples, with_row, without))
    return Part(title="What is familiar: in the gate", about=ABOUT, lines=tuple(lines))


def taken(requests: Requests, encoder: str, rounds: int) -> Samples:
    """Return the seconds of decisions, with the row and without."""
    with scratch_folder() as folder, ExitStack() as stack:
        report = learned(requests, encoder, folder)
        table = folder / "handraise.yaml"
        plain = folder / "plain.yaml"
        plain.write_text(table.read_text("utf-8").replace(UNFAMILIAR, ""), encoding="utf-8")
        usual, unusual = _sorted_out(report.folder, requests)
        looks, looks_not = (stack.enter_context(_opened(one)) for one in (table, plain))
        unknown = [Labelled(one.text, "no type that was learned") for one in unusual]
        contestants = {
            f"goes ahead, `unfamiliar`, `{encoder}`": _goes_ahead(looks, usual),
            f"goes ahead without the row ({encoder})": _goes_ahead(looks_not, usual),
            f"a stop for the wording, `{encoder}`": _stops(looks, unusual),
            f"a stop for the type ({encoder})": _stops(looks_not, unknown),
        }
        return take_turns(contestants, watch=time.thread_time, rounds=rounds)


def _opened(table: Path) -> Any:
    store = f"sqlite:///{table.with_suffix('.db')}"
    secret = "for measuring only " * 2
    return handraise.open(table, store=store, rehearsal=True, worker=False, secret=secret)


def _sorted_out(folder: Path, requests: Requests) -> tuple[list[Labelled], list[Labelled]]:
    """Return familiar requests that go ahead, and foreign ones that stop, as of a known type."""
    model = load(folder, read_manifest(folder).digest)
    known = requests.familiar[0].type
    foreign = [Labelled(one.text, known) for one in requests.foreign]
    ahead, stopped = (judged(model, rows)[1] for rows in (requests.familiar, foreign))
    return (
        [one for one, p in zip(requests.familiar, ahead, strict=True) if p > ASKED],
        [one for one, p in zip(foreign, stopped, strict=True) if p <= ASKED],
    )


def _goes_ahead(gate: Any, rows: Sequence[Labelled]) -> Contestant:
    first = rows[0]
    return Contestant(
        run=_decides(gate, rows, escalates=False),
        calls=CALLS,
        after=Settled(gate, text=first.text, type=first.type),
    )


def _stops(gate: Any, rows: Sequence[Labelled]) -> Contestant:
    return Contestant(run=_decides(gate, rows, escalates=True), calls=STOPS)


def _decides(gate: Any, rows: Sequence[Labelled], *, escalates: bool) -> Callable[[], None]:
    decisions = cycle([Decision(**_fields(one)) for one in rows])

    def decide() -> None:
        assert gate.decide(next(decisions)).escalated == escalates

    return decide


def _fields(one: Labelled) -> dict[str, Any]:
    return values() | {"type": one.type, "text": one.text}
