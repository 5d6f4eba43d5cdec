"""The example operation from beginning to end: `handraise demo`.

Nothing in it is played: a trained classifier, a gate over a real store, a signed go-live record,
people who confirm, sign in and answer over HTTP. Only the outbox ends in mailboxes of this process.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from rich.console import Console

from handraise.demo import report as reporting
from handraise.demo.agent import Agent, Draft, train
from handraise.demo.going_live import go_live
from handraise.demo.known import Known, learn_known
from handraise.demo.mail import Mailboxes
from handraise.demo.operation import Shift
from handraise.demo.people import Crew, KnowsTicket, Ticket
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
from handraise.demo.screen import Screen
from handraise.demo.server import HOST, Visits, listen, serving
from handraise.demo.showing import show
from handraise.demo.table import lay_out
from handraise.demo.visitor import (
    LOOK_EVERY_S,
    is_at_terminal,
    left_for_visitor,
    let_in,
    stay,
    wait_for,
)
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.service.deciding.gate import EmbeddedGate
    from handraise.service.wiring import Operation

AGENT = "support-agent"
PATIENCE_S = 120.0
COME_BACK_EVERY = 20
MANY = 1_000_000
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
        trained_on: what it was trained on, and what is learned to be familiar.
        is_own: whether the requests are one's own.
        notes: what is worth saying beforehand.
        training_s: how long training took.
    """

    agent: Agent
    requests: tuple[Request, ...]
    drafts: tuple[Draft, ...]
    trained_on: tuple[Request, ...]
    is_own: bool
    notes: tuple[str, ...]
    training_s: float


class Stage(Struct, frozen=True, kw_only=True):
    """Where the example happens.

    Attributes:
        table_path: its routing table.
        known: what was learned to be familiar.
        operation: the running operation.
        shift: the agent's work at its gate.
        mail: the example people's mailboxes.
        visits: when somebody last came to the pages.
        console: where the run is told.
    """

    table_path: Path
    known: Known
    operation: Operation
    shift: Shift
    mail: Mailboxes
    visits: Visits
    console: Console


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
        table_path = lay_out(folder, plan.trained_on, is_own=plan.is_own)
        kept = "" if options.keep else " (removed at the end; --keep FOLDER keeps it)"
        _say(console, f"The routing table of this run: {table_path}{kept}")
        known = learn_known(table_path, plan.trained_on, options.seed, is_own=plan.is_own)
        for note in known.notes:
            _say(console, note)
        listener = listen(options.port if options.serve else 0)
        with _stage(table_path, known, listener, console) as stage:
            _print(_operate(stage, plan, options), options)
            if _is_attended(options):
                base_url = stage.operation.address.url
                stay(stage.shift, base_url, partial(_say, console))
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
        trained_on=parts.train,
        is_own=options.requests is not None,
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


@contextlib.contextmanager
def _stage(
    table_path: Path, known: Known, listener: socket.socket, console: Console
) -> Iterator[Stage]:
    """Run the operation of a table and serve its pages while the block runs."""
    from handraise.service.wiring import assemble
    from handraise.settings import Settings

    port = listener.getsockname()[1]
    settings = Settings.from_environment({}, host=HOST, port=port, base_url=f"http://{HOST}:{port}")
    mail, visits = Mailboxes(), Visits()
    operation = assemble([table_path], settings, sender=mail)
    try:
        shift = Shift(operation.gates[AGENT])
        with serving(operation, listener, visits):
            operation.start()
            yield Stage(
                table_path=table_path,
                known=known,
                operation=operation,
                shift=shift,
                mail=mail,
                visits=visits,
                console=console,
            )
    finally:
        operation.close()


def _is_attended(options: Options) -> bool:
    """Whether somebody sits there who could answer."""
    return options.serve and not options.unattended and is_at_terminal()


def _operate(stage: Stage, plan: Plan, options: Options) -> reporting.Report:
    """Run all requests through the gate and return what came of them."""
    operation, shift, mail = stage.operation, stage.shift, stage.mail
    gate = operation.gates[AGENT]
    base_url, people = operation.address.url, gate.table.people
    left: set[str] = set()
    with (
        Crew(base_url, people, mail, _tickets(gate, plan, left)) as crew,
        Screen(stage.console, people, mail) as screen,
    ):
        go_live(stage.operation, AGENT, crew, partial(_say, stage.console))
        stage.visits.forget()
        attended = _is_attended(options)
        _announce(stage, options, attended=attended)
        started = time.monotonic()
        if not attended:
            crew.go()
        screen.begin(len(plan.requests))
        _judge_all(shift, plan, crew, screen)
        if attended:
            wait_for(shift, screen, options.patience_s, stage.visits)
            left |= left_for_visitor(shift.waiting)
            crew.go()
        _settle(shift, crew, screen, left)
        took = time.monotonic() - started
    return reporting.report_of(
        shift.courses,
        gate.table,
        messages=mail.calls,
        asks=_asks(operation),
        promise=stage.known.promise,
        seconds={
            "training": round(plan.training_s, 1),
            "learning": round(stage.known.took_s, 1),
            "running": round(took, 1),
        },
    )


def _tickets(gate: EmbeddedGate, plan: Plan, left: set[str]) -> KnowsTicket:
    """Return what gives the ticket of an escalation; None for those left to the visitor."""
    tickets = {
        request.id: Ticket(request=request, action=draft.action)
        for request, draft in zip(plan.requests, plan.drafts, strict=True)
    }

    def knows(escalation_id: str) -> Ticket | None:
        if escalation_id in left:
            return None
        return tickets.get(gate.escalation(escalation_id).case or "")

    return knows


def _announce(stage: Stage, options: Options, *, attended: bool) -> None:
    """Say where the inbox is, and let the visitor in."""
    if not options.serve:
        return
    say = partial(_say, stage.console)
    say(f"The inbox is open at {stage.operation.address.url}")
    if attended:
        let_in(stage.operation, options.patience_s, say, opens_browser=not options.no_browser)


def _asks(operation: Operation) -> int:
    """Return how many asks people were to be told of, at once or in one message with others."""
    told = operation.store.messages(limit=MANY)
    return len({message.ask_id for message in told if message.only_while and message.ask_id})


def _judge_all(shift: Shift, plan: Plan, crew: Crew, screen: Screen) -> None:
    """Take every request, and come back now and then to what people decided meanwhile."""
    for place, (request, draft) in enumerate(zip(plan.requests, plan.drafts, strict=True), 1):
        shift.take(request, draft)
        if place % COME_BACK_EVERY == 0:
            shift.come_back()
            crew.check()
            screen.step(shift.courses)
    screen.step(shift.courses)


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


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _print(found: reporting.Report, options: Options) -> None:
    if options.as_json:
        sys.stdout.write(json.dumps(reporting.as_json(found), ensure_ascii=False, indent=2) + "\n")
        return
    console = Console()
    show(found, console if console.is_terminal else Console(width=NARROWEST))
