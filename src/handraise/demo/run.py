"""The example operation from beginning to end: `handraise demo`.

Nothing in it is played: a trained classifier, a gate over a real store, a signed go-live record,
people who sign in and answer over HTTP. Only the outbox ends in mailboxes of this process.
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from rich.console import Console

from handraise.demo import report as reporting
from handraise.demo.agent import Agent, Draft, train
from handraise.demo.mail import Mailboxes
from handraise.demo.operation import Course, Shift
from handraise.demo.people import Crew, Ticket
from handraise.demo.requests import (
    Columns,
    Request,
    as_unfamiliar,
    familiar,
    read_labelled,
    split,
    unfamiliar,
    without_rare,
)
from handraise.demo.screen import Screen, has_display, is_enter_pressed
from handraise.demo.server import HOST, Visits, listen, serving
from handraise.demo.table import lay_out
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.service.gate import EmbeddedGate
    from handraise.service.wiring import Operation

AGENT = "support-agent"
VISITOR = "dana"
PATIENCE_S = 120.0
PATIENCE_BEFORE = 0.5
"""The share of the patience for somebody who has not come yet."""

LEFT_FOR_VISITOR = 5
COME_BACK_EVERY = 20
LOOK_EVERY_S = 0.2
GIVE_UP_AFTER_S = 60.0
NARROWEST = 110
BY_THEMSELVES = "The example's people answer by themselves (--unattended)."
NO_TERMINAL = "the example's people answer by themselves; run it in a terminal to answer yourself."


class Options(Struct, frozen=True, kw_only=True):
    """How the example is run.

    Attributes:
        requests: a labelled CSV file of one's own; None runs the example's requests.
        columns: which of its columns hold what.
        unfamiliar: a CSV file of requests that the agent must not know.
        limit: at most so many requests are run; training uses all.
        seed: of every draw, so that a run can be repeated.
        serve: leave the pages open, for somebody to answer.
        port: where the pages are; another one is found when it is taken.
        keep: the folder to run in and leave behind; None uses one that is removed.
        no_browser: do not open a browser.
        unattended: the scripted people answer everything at once.
        as_json: print the report as JSON.
        patience_s: for how long the example's people wait after the last thing that somebody at
            the keyboard did; half as long when nobody has come yet.
    """

    requests: Path | None = None
    columns: Columns = Columns()
    unfamiliar: Path | None = None
    limit: int | None = None
    seed: int = 7
    serve: bool = False
    port: int = 8765
    keep: Path | None = None
    no_browser: bool = False
    unattended: bool = False
    as_json: bool = False
    patience_s: float = PATIENCE_S


class Plan(Struct, frozen=True, kw_only=True):
    """What is run: a trained agent, the requests in their order, and what it makes of them.

    Attributes:
        agent: the trained agent.
        requests: in the order in which they come in.
        drafts: one for each.
        types: the known types, when the requests are one's own.
        notes: what is worth saying beforehand.
        training_s: how long training took.
    """

    agent: Agent
    requests: tuple[Request, ...]
    drafts: tuple[Draft, ...]
    types: tuple[str, ...] | None
    notes: tuple[str, ...]
    training_s: float


def run(options: Options) -> int:
    """Run the example operation, print what came of it, and return the exit code.

    Raises:
        InputError: a file, column or folder is not usable; the message names it.
        SettingsError: a package is missing, or there is no port.
    """
    console = Console(stderr=True)
    if options.serve and not _is_attended(options):
        _say(console, BY_THEMSELVES if options.unattended else f"No terminal: {NO_TERMINAL}")
    plan = prepare(options)
    for note in plan.notes:
        _say(console, note)
    with _folder(options.keep) as folder:
        table_path = lay_out(folder, plan.types)
        kept = "" if options.keep else " (removed at the end; --keep FOLDER keeps it)"
        _say(console, f"The routing table of this run: {table_path}{kept}")
        visits = Visits()
        listener = listen(options.port if options.serve else 0)
        mail = Mailboxes()
        operation = open_operation(table_path, listener.getsockname()[1], mail)
        try:
            with serving(operation, listener, visits):
                found = _operate(operation, plan, options, mail, console, visits)
                _print(found, options)
                if options.serve and _is_attended(options):
                    _stay(operation, console)
        finally:
            operation.close()
        if options.keep:
            _say(
                console, f"Kept in {folder}: the table ({table_path.name}), the store, the secret."
            )
    return 0


def prepare(options: Options) -> Plan:
    """Return the trained agent and what it makes of the requests, before anything is asked."""
    known, foreign, notes = _read(options)
    parts = split(known, options.seed)
    started = time.monotonic()
    agent = train(parts.train)
    took = time.monotonic() - started
    requests = [*parts.run, *foreign]
    random.Random(options.seed).shuffle(requests)  # noqa: S311 - a draw that can be repeated
    requests = requests[: options.limit]
    notes.append(
        f"The agent learned {len(agent.types)} types from {len(parts.train):,} requests."
        f" It meets {len(requests):,} new ones."
    )
    return Plan(
        agent=agent,
        requests=tuple(requests),
        drafts=tuple(agent.drafts(requests)),
        types=agent.types if options.requests else None,
        notes=tuple(notes),
        training_s=took,
    )


def _read(options: Options) -> tuple[list[Request], list[Request], list[str]]:
    """Return the familiar requests, the unfamiliar ones, and what is worth saying about them."""
    if options.limit is not None and options.limit < 1:
        raise InputError(f"--limit: {options.limit} requests are none", "use 1 or more")
    notes: list[str] = []
    if options.requests is None:
        known, foreign = familiar(), unfamiliar()
    else:
        known, rare = without_rare(read_labelled(options.requests, options.columns))
        foreign = []
        if rare:
            left = ", ".join(f"{type} ({count})" for type, count in list(rare.items())[:8])
            more = f" and {len(rare) - 8} more" if len(rare) > 8 else ""
            notes.append(f"Left out, too few rows to learn from: {left}{more}.")
    if options.unfamiliar is not None:
        read = read_labelled(options.unfamiliar, options.columns, start=len(known) + 1_000_001)
        types = {request.type for request in known}
        foreign = as_unfamiliar(request for request in read if request.type not in types)
        if len(foreign) < len(read):
            notes.append(f"{len(read) - len(foreign):,} of the unfamiliar are familiar: left out.")
    return known, foreign, notes


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="handraise-demo-") as name:
        yield Path(name)


def open_operation(table_path: Path, port: int, mail: Mailboxes) -> Operation:
    """Return the running operation of a table, signed for by its owner so that it is live.

    Raises:
        NotReadyError: the checklist has a red line.
    """
    from handraise.service.tables import open_table
    from handraise.service.wiring import assemble
    from handraise.settings import Settings

    settings = Settings.from_environment({}, host=HOST, port=port, base_url=f"http://{HOST}:{port}")
    operation = assemble([table_path], settings, sender=mail)
    try:
        table, reading = open_table(table_path)
        operation.readiness.sign(table, reading.findings, table.owner)
        operation.start()
    except BaseException:
        operation.close()
        raise
    return operation


def _is_attended(options: Options) -> bool:
    """Whether somebody sits there who could answer."""
    return options.serve and not options.unattended and sys.stdin.isatty() and sys.stderr.isatty()


def _operate(
    operation: Operation,
    plan: Plan,
    options: Options,
    mail: Mailboxes,
    console: Console,
    visits: Visits,
) -> reporting.Report:
    """Run all requests through the gate and return what came of them."""
    gate = operation.gates[AGENT]
    shift = Shift(gate)
    tickets = {
        request.id: Ticket(request=request, action=draft.action)
        for request, draft in zip(plan.requests, plan.drafts, strict=True)
    }
    left: set[str] = set()

    def knows(escalation_id: str) -> Ticket | None:
        if escalation_id in left:
            return None
        return tickets.get(gate.escalation(escalation_id).case or "")

    attended = _is_attended(options)
    _announce(operation, options, console, attended=attended)
    started = time.monotonic()
    people = gate.table.people
    with (
        Crew(operation.settings.base_url, mail, knows) as crew,
        Screen(console, people, mail) as screen,
    ):
        if not attended:
            crew.go()
        screen.begin(len(plan.requests))
        _judge_all(shift, plan, crew, screen)
        if attended:
            _wait_for_visitor(shift, screen, options.patience_s, visits)
            left |= _left_for_visitor(shift.waiting)
            crew.go()
        _settle(shift, crew, screen, left)
    took = time.monotonic() - started
    return reporting.report_of(
        shift.courses,
        gate.table,
        messages=mail.count,
        seconds={"training": round(plan.training_s, 1), "running": round(took, 1)},
    )


def _judge_all(shift: Shift, plan: Plan, crew: Crew, screen: Screen) -> None:
    """Take every request, and come back now and then to what people decided meanwhile."""
    for place, (request, draft) in enumerate(zip(plan.requests, plan.drafts, strict=True), 1):
        shift.take(request, draft)
        if place % COME_BACK_EVERY == 0:
            shift.come_back()
            crew.check()
            screen.step(shift.courses)
    screen.step(shift.courses)


def _wait_for_visitor(shift: Shift, screen: Screen, patience_s: float, visits: Visits) -> None:
    """Come back to what the visitor decides, until they have done nothing for a while."""
    screen.say(f"Everything is judged; {len(shift.waiting)} escalations wait. {_wait(patience_s)}")
    pause = threading.Event()
    judged = time.monotonic()
    while shift.waiting and not is_enter_pressed():
        if shift.come_back():
            screen.step(shift.courses)
        seen = visits.last
        until = judged + patience_s * PATIENCE_BEFORE if seen is None else seen + patience_s
        if time.monotonic() >= until:
            break
        pause.wait(LOOK_EVERY_S)
    screen.say("The example's people answer now; some are left for you.")


def _wait(patience_s: float) -> str:
    """Return for how long the example's people wait for the visitor, and how to hurry them."""
    return (
        f"The example's people wait {patience_s * PATIENCE_BEFORE:.0f} s for your first visit, and"
        f" {patience_s:.0f} s after each page you open or answer you give. Enter hurries them."
    )


def _left_for_visitor(waiting: Sequence[Course]) -> set[str]:
    """Return the escalations that are left to the visitor: some that they can answer alone."""
    alone = [course for course in waiting if course.routes == ("support_supervisor",)]
    return {course.escalation_id or "" for course in alone[-LEFT_FOR_VISITOR:]}


def _settle(shift: Shift, crew: Crew, screen: Screen, left: set[str]) -> None:
    """Come back until all but what is left is decided; give up when nothing moves any more."""
    pause = threading.Event()
    moved = time.monotonic()
    while any(course.escalation_id not in left for course in shift.waiting):
        crew.check()
        if shift.come_back():
            moved = time.monotonic()
        screen.step(shift.courses)
        if time.monotonic() - moved > GIVE_UP_AFTER_S:
            screen.say(f"{len(shift.waiting)} stay open: no answer for {GIVE_UP_AFTER_S:.0f} s.")
            return
        pause.wait(LOOK_EVERY_S)
    screen.step(shift.courses)


def _announce(operation: Operation, options: Options, console: Console, *, attended: bool) -> None:
    """Say where the inbox is, with a link that signs the visitor in once."""
    if not options.serve:
        return
    name = operation.shelf.people()[VISITOR].name
    _say(console, f"The inbox is open at {operation.settings.base_url}")
    if not attended:
        return
    link = operation.door.link(VISITOR)
    _say(console, f"You are {name}, the supervisor. This link signs you in, once:")
    _say(console, f"  {link}")
    _say(console, f"{_wait(options.patience_s)} With --unattended they do not wait at all.")
    if not options.no_browser and has_display():
        webbrowser.open(link)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _print(found: reporting.Report, options: Options) -> None:
    if options.as_json:
        sys.stdout.write(json.dumps(reporting.as_json(found), ensure_ascii=False, indent=2) + "\n")
        return
    console = Console()
    reporting.show(found, console if console.is_terminal else Console(width=NARROWEST))


def _stay(operation: Operation, console: Console) -> None:
    """Keep the pages open until Ctrl-C, and act on what the visitor answers."""
    gate: EmbeddedGate = operation.gates[AGENT]
    waiting = [one.id for one in operation.store.escalations(agent=AGENT, state="open", limit=100)]
    pause = threading.Event()
    with contextlib.suppress(KeyboardInterrupt):
        _say(
            console,
            f"\n{len(waiting)} escalations are left for you at {operation.settings.base_url}."
            " Ctrl-C ends it.",
        )
        while True:
            waiting = [one for one in waiting if not _decided(gate, one, console)]
            pause.wait(1.0)


def _decided(gate: EmbeddedGate, escalation_id: str, console: Console) -> bool:
    """Say what was decided about an escalation; whether it was."""
    resolution = gate.resolution(escalation_id)
    if resolution is None:
        return False
    does = f"does {json.dumps(resolution.proposal)}" if resolution.may_act else "does nothing"
    case = gate.escalation(escalation_id).case
    _say(console, f"{case}: {resolution.outcome} by {resolution.by}; the agent {does}.")
    return True
