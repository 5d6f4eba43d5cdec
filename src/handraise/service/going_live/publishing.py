"""Versions of a table one after the other: what waits and what it changes, what was in force when.

Nothing here signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from handraise.core.table.types import Table
from handraise.errors import NotFoundError, NotReadyError
from handraise.model import ReadyRecord
from handraise.service.backtesting.changes import changes
from handraise.service.going_live.readiness import Readiness, put_back_line, signed_at
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

VersionState = Literal["in force", "waiting", "ended", "withdrawn", "signed elsewhere", "unsigned"]


class VersionLine(Struct, frozen=True, kw_only=True):
    """One version of an agent's table, and how it stands.

    Attributes:
        version: its name.
        source: the name of the file that it was read from.
        registered_at: when it was first opened.
        state: in force; waiting (the newest, not signed for); ended (another one followed, or its
            record ended); withdrawn; signed elsewhere (with a secret that is not ours, or changed
            since); unsigned.
        by: who signed for it last; empty where nobody did.
        at: when they did, or put it back.
        signed_at: when its evidence was signed for; before `at` where it was put back since.
        because: why it was put back, and after which version; empty where it was not.
        ended_at: when it ended.
        why: what ended it, in words.
    """

    version: str
    source: str
    registered_at: datetime
    state: VersionState
    by: str = ""
    at: datetime | None = None
    signed_at: datetime | None = None
    because: str = ""
    ended_at: datetime | None = None
    why: str = ""


class News(Struct, frozen=True, kw_only=True):
    """What a version that waits would change.

    Attributes:
        agent: whose table.
        version: that waits, or is in force where nothing waits.
        in_force: the version that judges now; None for none.
        changes: how the two differ, a sentence each; empty where nothing is in force.
        to_accept: who must accept a duty that they have not accepted yet, by id.
        declined: who has declined the duty that it asks of them.
        signer: who signs for it: the owner in force, also where it names another owner.
    """

    agent: str
    version: str
    in_force: str | None
    changes: tuple[str, ...]
    to_accept: tuple[str, ...]
    declined: tuple[str, ...]
    signer: str = ""


def news_of(table: Table, store: Store, shelf: Shelf, readiness: Readiness) -> News:
    """Return what a version would change, and who must accept it.

    Args:
        table: a registered version.
        store: where people's answers are kept.
        shelf: the tables.
        readiness: knows what is in force.

    Raises:
        StoreError: the store cannot be read.
    """
    record = readiness.in_force(table.agent)
    former = None if record is None else shelf.table(table.agent, record.version)
    answers = {(one.person, one.digest): one.state for one in store.duties(agent=table.agent)}
    states = {
        id: answers.get((id, duty.digest), "asked")
        for id in table.people
        if (duty := shelf.duty_by(table, id)) is not None
    }
    return News(
        agent=table.agent,
        version=table.version,
        in_force=None if record is None else record.version,
        changes=() if former is None else changes(former, table),
        to_accept=tuple(id for id, state in states.items() if state == "asked"),
        declined=tuple(id for id, state in states.items() if state == "declined"),
        signer=readiness.signer(table),
    )


def version_lines(
    agent: str, store: Store, shelf: Shelf, readiness: Readiness
) -> list[VersionLine]:
    """Return all versions of an agent's table, the one that was opened last first.

    Raises:
        NotFoundError: there is no such agent.
    """
    newest = shelf.newest(agent).version
    records = store.signed_versions(agent)
    hold = readiness.hold(agent)
    found = []
    for kept in store.table_versions_of(agent):
        line = VersionLine(
            version=kept.version,
            source=kept.source,
            registered_at=kept.registered_at,
            state="waiting" if kept.version == newest else "unsigned",
        )
        place = next((at for at, one in enumerate(records) if one.version == kept.version), None)
        if place is not None:
            after = records[place - 1] if place else None
            ended = hold.ended if hold is not None and not place else ""
            line = _signed_line(line, records[place], after, ended, readiness)
        found.append(line)
    return found


def _signed_line(
    line: VersionLine,
    record: ReadyRecord,
    after: ReadyRecord | None,
    ended: str,
    readiness: Readiness,
) -> VersionLine:
    """Return the line of a version that has a record.

    Args:
        line: without it.
        record: the last of the version.
        after: the record that came next, of another version.
        ended: why the record does not hold any more, where it is the newest.
        readiness: knows which are ours.
    """
    state: VersionState = "in force"
    ended_at, why = None, ""
    if not record.evidence:
        state, ended_at, why = "withdrawn", record.at, f"{record.by} withdrew it"
    elif not readiness.was_signed(record):
        state, why = "signed elsewhere", "its signature is not one of this operation"
    elif after is not None:
        state, ended_at = "ended", after.at
        what = f"version {after.version} followed" if after.evidence else "it was withdrawn"
        why = f"{after.by}: {what}"
    elif ended:
        state, ended_at, why = "ended", record.expires_at, ended
    put_back = put_back_line(record)
    return msgspec.structs.replace(
        line,
        state=state,
        by=record.by,
        at=record.at,
        signed_at=signed_at(record),
        because="" if put_back is None else put_back.evidence,
        ended_at=ended_at,
        why=why,
    )


def version_meant(lines: Sequence[VersionLine], agent: str, named: str | None) -> str:
    """Return the version that a rollback means: the one named, or the one in force before.

    Args:
        lines: all versions of the agent.
        agent: whose.
        named: its name, or how it begins; None for the one before.

    Raises:
        NotFoundError: there is none of that name, or several begin so.
        NotReadyError: no other one was in force before.
    """
    if named is not None:
        found = [line.version for line in lines if line.version.startswith(named)]
        if len(found) != 1 or not named:
            many = "several versions begin" if found else "there is no version that begins"
            raise NotFoundError(
                f'{many} with "{named}"', "`handraise publish --list` names them all"
            )
        return found[0]
    signed = [(line.at, line) for line in lines if line.at is not None]
    signed.sort(key=lambda one: one[0], reverse=True)
    before = [line for _, line in signed[1:] if line.state == "ended"]
    if not before:
        raise NotReadyError(
            f"no other version of the table of {agent} was in force before",
            "`handraise publish --list` says which there are",
        )
    return before[0].version
