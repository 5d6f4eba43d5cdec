"""How the system stands, in words: each thing that must work, whether it does, and what helps."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.watched_figures import Typed, typed
from handraise.web.pages.views.words import Moment, Reader, counted, sentence, span

LATE = timedelta(minutes=2)
"""A sign of life that is older is one too late."""

KINDS = {"mailto": "mail", "slack-app": "Slack app", "none": "no contact"}
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

WORKER = "start `handraise serve` or `handraise worker`, and keep it running"
BELOW = "look below at which channel takes none, and whom it concerns on the team's page"
REMEDIES = (
    ("the store", "see whether the database runs and has room"),
    ("the last cycle", "set this machine's clock by a time server"),
    ("no worker", WORKER),
    ("a message", BELOW),
)
"""How what is missing begins, and what helps."""


class Waiting(Struct, frozen=True, kw_only=True):
    """Messages that wait for a channel, and how many of them it did not take at the last try."""

    channel: str
    waiting: int
    failing: int


class Lost(Struct, frozen=True, kw_only=True):
    """Messages that a channel never took, for one reason; `last_at` is of the last of them."""

    channel: str
    error: str
    count: int
    last_at: datetime


class Seen(Struct, frozen=True, kw_only=True):
    """What is known of the system.

    Attributes, where the name alone does not say it:
        missing: what keeps it from its work, as `/health/ready` says it; empty for nothing.
        cycle_at, delivered_at, looked_at: when deadlines, messages and the watch were last seen to.
        oldest_at: since when the oldest message is due.
        outside_held_back: why no sign of life is given outside; empty where all is well.
        console_by: what has messages printed instead of sent; empty where they are sent.
        openid_trouble: why nobody can sign in at the OpenID provider; empty where they can, None
            where there is none.
        revision, head: of the schema: the one that is there, and the one this release needs.
    """

    missing: str
    cycle_at: datetime | None
    delivered_at: datetime | None
    looked_at: datetime | None
    oldest_at: datetime | None
    is_outside: bool
    outside_failing_at: datetime | None
    outside_held_back: str
    engine: str
    size_bytes: int
    revision: str
    head: str
    waiting: Sequence[Waiting]
    lost: Sequence[Lost]
    address: str
    version: str
    is_rehearsal: bool
    console_by: str = ""
    openid_trouble: str | None = None


class Part(Struct, frozen=True, kw_only=True):
    """One thing that must work: whether it does, in a word, a sentence, and what helps."""

    name: str
    mark: str
    tone: str
    said: str
    at: Moment | None = None
    helps: Typed = ()


class LostView(Struct, frozen=True, kw_only=True):
    """Messages that were given up on."""

    channel: str
    error: str
    count: str
    last: Moment


class SystemPage(Struct, frozen=True, kw_only=True):
    """The page: one sentence on all of it, then part by part."""

    is_well: bool
    sentence: str
    helps: Typed
    parts: tuple[Part, ...]
    waiting: tuple[tuple[str, str], ...]
    lost: tuple[LostView, ...]
    facts: tuple[tuple[str, str], ...]
    now: Moment


def system_page(seen: Seen, reader: Reader) -> SystemPage:
    """Return the page in words."""
    helps = next((words for start, words in REMEDIES if seen.missing.startswith(start)), "")
    return SystemPage(
        is_well=not (seen.missing or seen.console_by or seen.openid_trouble),
        sentence=sentence(seen.missing) or _works(seen),
        helps=typed(sentence(helps)),
        parts=tuple(_each_once(_parts(seen, reader), helps)),
        waiting=tuple((_channel(one.channel), _waits(one)) for one in seen.waiting),
        lost=tuple(
            LostView(
                channel=_channel(one.channel),
                error=visible(one.error) or "it said nothing",
                count=counted(one.count, "message"),
                last=reader.moment(one.last_at),
            )
            for one in seen.lost
        ),
        facts=(
            ("Handraise", seen.version),
            ("Python", platform.python_version()),
            ("Database", f"{ENGINES.get(seen.engine, seen.engine)}, {_size(seen.size_bytes)}"),
            ("Schema", seen.revision),
            ("Address in messages", seen.address),
        ),
        now=reader.moment(reader.now),
    )


def _works(seen: Seen) -> str:
    if seen.console_by:
        return "Deadlines are kept, but messages reach nobody: they are printed."
    if seen.openid_trouble:
        return "Deadlines are kept, and messages go out, but nobody can sign in with OpenID."
    return "It works: deadlines are kept, and messages go out."


def _each_once(parts: Iterable[Part], helps: str) -> Iterator[Part]:
    """Yield the parts; what helps with several stands once, at the head or at the first."""
    said = [typed(helps)]
    for one in parts:
        is_said = one.helps in said
        said.append(one.helps)
        yield replace(one, helps=()) if is_said else one


def _parts(seen: Seen, reader: Reader) -> Iterator[Part]:
    yield _sign("Deadlines are acted upon", seen.cycle_at, reader, WORKER)
    yield _sign("Messages are seen to", seen.delivered_at, reader, WORKER)
    if not seen.is_rehearsal:
        yield _sign("The watch looks", seen.looked_at, reader, WORKER)
    yield _oldest(seen, reader)
    yield _outside(seen, reader)
    is_right = seen.revision == seen.head
    yield Part(
        name="The database has the schema of this release",
        mark="yes" if is_right else "no",
        tone="approve" if is_right else "reject",
        said=f"It has {seen.revision}."
        if is_right
        else f"It has {seen.revision}, not {seen.head}.",
        helps=() if is_right else typed("`handraise store migrate` brings it up to date"),
    )
    if seen.openid_trouble is not None:
        is_there = not seen.openid_trouble
        yield Part(
            name="People can sign in at the OpenID provider",
            mark="yes" if is_there else "no",
            tone="approve" if is_there else "reject",
            said="It answers." if is_there else sentence(seen.openid_trouble),
            helps=()
            if is_there
            else typed(
                "see whether it is up, and `HANDRAISE_OPENID_ISSUER` right; links still work"
            ),
        )
    if seen.console_by:
        yield Part(
            name="Messages reach people",
            mark="no",
            tone="open",
            said="They are printed where the server runs, and sent to nobody.",
            helps=typed(f"that is meant for trying out: start it without `{seen.console_by}`"),
        )


def _sign(name: str, at: datetime | None, reader: Reader, helps: str) -> Part:
    """Return a part that gives a sign of life."""
    if at is None:
        return Part(name=name, mark="no", tone="reject", said="Never yet.", helps=typed(helps))
    is_late = reader.now - at > LATE
    return Part(
        name=name,
        mark="no" if is_late else "yes",
        tone="reject" if is_late else "approve",
        said="Last" if not is_late else "Not any more: last",
        at=reader.moment(at),
        helps=typed(helps) if is_late else (),
    )


def _oldest(seen: Seen, reader: Reader) -> Part:
    name = "No message waits for long"
    if seen.oldest_at is None or reader.now <= seen.oldest_at:
        return Part(name=name, mark="yes", tone="approve", said="None waits.")
    waited = reader.now - seen.oldest_at
    is_long = waited > LATE
    return Part(
        name=name,
        mark="no" if is_long else "yes",
        tone="reject" if is_long else "approve",
        said=f"The oldest should have been out for {span(waited.total_seconds())}.",
        helps=typed(BELOW) if is_long else (),
    )


def _outside(seen: Seen, reader: Reader) -> Part:
    name = "Somebody outside hears when all of this stands still"
    if not seen.is_outside:
        return Part(
            name=name,
            mark="not set up",
            tone="open",
            said="If this machine stops, nobody is told.",
            helps=typed(
                "give `HANDRAISE_HEARTBEAT_URL` the address of a service that misses a sign"
            ),
        )
    if seen.outside_failing_at is not None:
        return Part(
            name=name,
            mark="no",
            tone="reject",
            said="The address takes no sign of life since",
            at=reader.moment(seen.outside_failing_at),
            helps=typed("see whether the service there is up, and the address right"),
        )
    if seen.outside_held_back:
        said = f"The sign is withheld, so that they do: {visible(seen.outside_held_back)}."
        return Part(name=name, mark="withheld", tone="reject", said=said)
    return Part(name=name, mark="yes", tone="approve", said="A sign of life goes out each minute.")


def _channel(kind: str) -> str:
    return KINDS.get(kind, kind)


def _waits(one: Waiting) -> str:
    said = counted(one.waiting, "message")
    return f"{said}, {one.failing} not taken at the last try" if one.failing else said


def _size(size_bytes: int) -> str:
    """Return a size in the unit that fits.

    Example:
        >>> _size(0), _size(1_500_000), _size(2_340_000_000)
        ('0.0 MB', '1.5 MB', '2.3 GB')
    """
    if size_bytes >= 1e9:
        return f"{size_bytes / 1e9:.1f} GB"
    return f"{size_bytes / 1e6:.1f} MB"
