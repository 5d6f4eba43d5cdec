"""`people`: who is there, who can be reached, who accepted what they will be asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.options import AsJson, StoreUrl, settings_at
from handraise.cli.output import columns, counted, note, say, say_json
from handraise.cli.roster import (
    absence_words,
    contact_words,
    duty_lines,
    list_row,
    told_contact,
    told_person,
)
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.clock import Clock
    from handraise.service.people.roster import Roster
    from handraise.service.reading.shelf import Shelf
    from handraise.service.wiring import Operation
    from handraise.store import Store

app = typer.Typer(
    help="See who is there, who can be reached and who accepted their duty; say who is away.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Who = Annotated[str, typer.Argument(metavar="PERSON", help="The person's id in the table.")]
Maybe = Annotated[
    str | None, typer.Argument(metavar="[PERSON]", help="Only this person; everybody otherwise.")
]
By = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="WHO",
        help="In whose name: the person's own, or an owner's. Otherwise it stands in the record"
        " that the operator of this machine said so.",
    ),
]


@app.command("list")
def list_people(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """List everybody on the newest tables: duty, contacts, whether they can be asked now."""
    from handraise.service.people.standings import person_lines

    with _read(store) as (opened, shelf, clock):
        lines = person_lines(opened, shelf, shelf.agents(), clock.now())
    if as_json:
        say_json([told_person(line) for line in lines])
    elif not lines:
        say("nobody is on a table yet; a gate or server that opens one puts them here")
    else:
        header = ("who", "name", "duty", "contacts", "open asks", "now")
        say(columns(header, [list_row(line) for line in lines]))
        say(counted(len(lines), "person", "people"))


@app.command()
def away(
    person: Who,
    starts: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="WHEN",
            help="A day, a day and time, or e.g. 3d from now; a day begins at midnight. Otherwise"
            " at once.",
        ),
    ] = None,
    ends: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="WHEN",
            help="A day is the last day away; a day and time, or e.g. 3d from the beginning."
            " Otherwise until `back`.",
        ),
    ] = None,
    words: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="For the others, e.g. holiday.")
    ] = "",
    by: By = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say that somebody is away: they are asked nothing, and what they hold moves on at once.

    Times are read in the person's own zone. What is said later takes the place of what it overlaps.
    """
    from handraise.service.people.instants import instant_of
    from handraise.service.people.standings import person_of

    with _write(store) as (roster, shelf, clock):
        zone = person_of(shelf, person).zone
        now = clock.now()
        starts_at = instant_of("--from", starts, zone, now) if starts is not None else None
        since = starts_at or now
        ends_at = instant_of("--to", ends, zone, since, is_end=True) if ends is not None else None
        said = roster.away(person, starts_at, ends_at, words, by or _operator())
        words = absence_words(said.absence, lambda at: roster.local(person, at))
    if as_json:
        say_json(said)
        return
    say(f"{person} is away {words}")
    for _ in said.replaced:
        note("this takes the place of an absence that was said before")
    for agent in said.last_resort_of:
        note(f"{person} stays the last resort of {agent}: what nobody else takes comes to them")
    for agent, route in said.alone_on:
        note(f"nobody else is on {route} of {agent}: it goes to the owner meanwhile")


@app.command()
def back(
    person: Who,
    planned: Annotated[
        bool, typer.Option("--planned", help="Take back absences that begin later, too.")
    ] = False,
    by: By = None,
    store: StoreUrl = None,
) -> None:
    """Say that somebody is back before the end that was said."""
    with _write(store) as (roster, _, _):
        ended = roster.back(person, by or _operator(), planned=planned)
        left = roster.absences(person)
        later = [absence_words(one, lambda at: roster.local(person, at)) for one in left]
    say(f"{person} is back: {counted(len(ended), 'absence')} ended")
    for one in later:
        note(f"still planned: {one}")


@app.command()
def deactivate(
    person: Who,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")
    ] = "",
    by: By = None,
    store: StoreUrl = None,
) -> None:
    """Say that somebody has left: asked nothing in any table, signed out, their asks moved on."""
    with _write(store) as (roster, _, _):
        roster.deactivate(person, by or _operator(), reason)
    say(f"{person} has left: what they held has moved on")
    note("take them out of the tables when you can")


@app.command()
def activate(person: Who, by: By = None, store: StoreUrl = None) -> None:
    """Say that somebody who had left is here again."""
    with _write(store) as (roster, _, _):
        roster.activate(person, by or _operator())
    say(f"{person} is here again")


@app.command("sign-out")
def sign_out(
    person: Who,
    openid: Annotated[
        bool,
        typer.Option(
            "--openid",
            help="Forget too who they are at the OpenID provider: they are recognised anew.",
        ),
    ] = False,
    store: StoreUrl = None,
) -> None:
    """End all sessions and unused links of somebody, and what their devices are told.

    They may sign in again.
    """
    with _operation(store) as operation:
        ended = operation.door.sessions.sign_out(person)
        if openid:
            operation.store.end_identities(person, operation.clock.now())
    say(f"{person} is signed out: {counted(ended, 'session')} ended")


@app.command()
def contacts(
    person: Who,
    normal: Annotated[
        str | None,
        typer.Option("--normal", metavar="PLAN", help="Choose the plan for what is not urgent."),
    ] = None,
    urgent: Annotated[
        str | None,
        typer.Option("--urgent", metavar="PLAN", help="Choose the plan for what is urgent."),
    ] = None,
    by: By = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List a person's contacts, and choose through which they hear first.

    A plan such as "2, 5m 1" tells contact 2 at once, and contact 1 after five minutes without an
    acknowledgement; "none" removes it. Of a contact that is no mail address only the kind shows.
    """
    from handraise.service.people.plans import plan_steps

    if normal is not None or urgent is not None:
        with _write(store) as (roster, _, _):
            views = roster.contacts(person)
            chosen = (("normal", normal), ("urgent", urgent))
            steps = {name: plan_steps(plan, views) for name, plan in chosen if plan is not None}
            for name, plan in steps.items():
                roster.plan(person, name, plan, by or _operator())  # type: ignore[arg-type]
    _say_contacts(person, store, as_json=as_json)


def _say_contacts(person: str, store: str | None, *, as_json: bool) -> None:
    from handraise.service.people.plans import plan_text
    from handraise.service.people.standings import contact_views, person_of

    with _read(store) as (opened, shelf, _):
        views = contact_views(person_of(shelf, person), opened.contact_records(person))
        plans = opened.contact_plans(person)
    written = {plan.urgency: plan_text(plan.steps, views) for plan in plans}
    if as_json:
        say_json({"contacts": [told_contact(view) for view in views], "plans": written})
        return
    rows = [(str(view.number), view.name, contact_words(view)) for view in views]
    say(columns(("", "contact", "state"), rows))
    for urgency, plan in written.items():
        say(f"{urgency}: {plan}")


@app.command()
def invite(
    person: Maybe = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Also who was asked in the last days; their code is void."),
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Send a code through each contact that is not verified yet.

    A server or worker does so by itself when a table is new; it also delivers what is sent here.
    """
    with _write(store) as (roster, _, _):
        invited = roster.invite(person, again=again)
    if as_json:
        say_json(invited)
        return
    for one in invited:
        say(f"{one.person}: a code goes to {one.contact}")
    if not invited:
        say("nobody needs a code" if again else "nobody needs a code who was not sent one lately")


@app.command()
def verify(
    code: Annotated[str, typer.Argument(metavar="CODE", help="As it stands in the message.")],
    store: StoreUrl = None,
) -> None:
    """Use a code that came through a contact: the contact counts from then on."""
    from handraise.channels.contacts import contact_name

    with _write(store) as (roster, _, _):
        record = roster.verify(code)
    say(f"{record.person}: {contact_name(record.contact)} is verified")


@app.command()
def duties(
    person: Maybe = None,
    accept: Annotated[
        str | None,
        typer.Option("--accept", metavar="AGENT", help="Accept the duty by this agent's table."),
    ] = None,
    decline: Annotated[
        str | None,
        typer.Option("--decline", metavar="AGENT", help="Decline it: asked nothing by it then."),
    ] = None,
    words: Annotated[str, typer.Option("--note", metavar="TEXT", help="For the owner.")] = "",
    by: Annotated[
        str | None,
        typer.Option("--as", metavar="PERSON", help="Who accepts or declines, for themselves."),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what people will be asked and whether they accepted it; accept or decline it.

    A plus sign marks what is new since the duty they accepted last, a minus sign what is gone.
    """
    if accept is not None and decline is not None:
        raise InputError("--accept and --decline: only one at a time", "say which")
    agent = accept if accept is not None else decline
    if agent is not None:
        _answer(agent, person, by, words, store, accepts=accept is not None)
        return
    from handraise.service.people.standings import duty_views, person_of

    with _read(store) as (opened, shelf, _):
        ids = sorted(shelf.people()) if person is None else [person_of(shelf, person).id]
        found = [view for id in ids for view in duty_views(opened, shelf, id)]
    if as_json:
        say_json(found)
    elif not found:
        say("nobody has a duty" if person is None else f"{person} has no duty")
    else:
        say("\n\n".join("\n".join(duty_lines(view)) for view in found))


def _answer(
    agent: str, person: str | None, by: str | None, words: str, store: str | None, *, accepts: bool
) -> None:
    """Keep a person's answer to their duty, and to the one of the version that waits, if any."""
    who = by or person
    if who is None or (person is not None and person != who):
        raise InputError("--as: nobody answers for another", "say --as PERSON, for themselves")
    with _write(store) as (roster, _, _):
        duties = [view for view in roster.duties(who) if view.agent == agent]
        unanswered = [view for view in duties if view.state in {"asked", "not asked"}]
        answer = roster.accept if accepts else roster.decline
        for digest in [view.digest for view in unanswered or duties] or [""]:
            answer(agent, who, digest, words)
    said = "accepts" if accepts else "declines"
    say(f"{who} {said} the duty for {agent}")
    if not accepts:
        note("what they held has moved on, and the owner is told")


@contextmanager
def _read(store: str | None) -> Iterator[tuple[Store, Shelf, Clock]]:
    """Yield a store that is there, with its tables; nothing is written."""
    from handraise.clock import SystemClock
    from handraise.service.reading.shelf import Shelf
    from handraise.store import open_store

    opened = open_store(settings_at(store).store_url or "")
    try:
        clock = SystemClock()
        yield opened, Shelf(opened, clock), clock
    finally:
        opened.close()


@contextmanager
def _write(store: str | None) -> Iterator[tuple[Roster, Shelf, Clock]]:
    """Yield the roster of a store that is there."""
    with _operation(store) as operation:
        yield operation.roster, operation.shelf, operation.clock


@contextmanager
def _operation(store: str | None) -> Iterator[Operation]:
    """Yield the operation of a store that is there."""
    from handraise.service.wiring import assemble
    from handraise.store import open_store

    settings = settings_at(store)
    open_store(settings.store_url or "").close()  # a person alone is no reason to make a store
    operation = assemble([], settings, delivers=False)
    try:
        yield operation
    finally:
        operation.close()


def _operator() -> str:
    """Return who acts where nobody is named: whoever sits at this machine."""
    import getpass

    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError, ImportError):
        return "operator:unknown"
