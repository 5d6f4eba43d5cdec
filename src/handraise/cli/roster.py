"""How people, contacts, duties and absences are printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from handraise.model import Absence
    from handraise.service.people.standings import ContactView, DutyView, PersonLine


def list_row(line: PersonLine) -> tuple[str, ...]:
    """Return a person as a row of the list."""
    return (
        line.id,
        line.name,
        _duty_words(line),
        f"{line.verified} of {line.contacts} verified" + (", failing" if line.failing else ""),
        str(line.open_asks),
        _now_words(line),
    )


def _duty_words(line: PersonLine) -> str:
    states = {table.agent: table.duty or "none" for table in line.tables}
    if len(set(states.values())) == 1:
        return next(iter(states.values()))
    return ", ".join(f"{agent}: {state}" for agent, state in states.items())


def _now_words(line: PersonLine) -> str:
    """Return whether a person would be asked now, and why not."""
    if line.has_left:
        return "has left"
    if line.only_reads:
        return "reads only"
    reasons = {table.agent: table.unavailable or "here" for table in line.tables}
    if len(set(reasons.values())) == 1:
        found = next(iter(reasons.values()))
    else:
        found = ", ".join(f"{agent}: {reason}" for agent, reason in reasons.items())
    owner = "; owner, the last resort" if line.is_owner else ""
    away = f" ({line.away.note})" if line.away is not None and line.away.note else ""
    return f"{found}{away}{owner}"


def told_person(line: PersonLine) -> dict[str, Any]:
    """Return what `--json` says of a person: everything that decides whether they are asked."""
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(line)
    return told


def contact_words(view: ContactView) -> str:
    """Return how a contact stands."""
    record = view.record
    failed = f"; failing since {_day(record.failed_at)}: {record.error}" if record.failed_at else ""
    if record.verified_at is not None:
        return f"verified {_day(record.verified_at)}{failed}"
    asked = f"asked {_day(record.asked_at)}" if record.asked_at is not None else "not asked yet"
    return f"not verified, {asked}{failed}"


def told_contact(view: ContactView) -> dict[str, Any]:
    """Return what `--json` says of a contact: nothing that may be a secret."""
    record = view.record
    return {
        "number": view.number,
        "contact": view.name,
        "asked_at": record.asked_at,
        "verified_at": record.verified_at,
        "failed_at": record.failed_at,
        "error": record.error,
    }


def duty_lines(view: DutyView) -> list[str]:
    """Return a duty as lines: whose and how it stands, what they will be asked, what is new."""
    from handraise.service.telling.wording.invitations import MARKS, marked

    state = view.state if view.answered_at is None else f"{view.state} {_day(view.answered_at)}"
    changed = " (changed since they accepted)" if view.has_changed else ""
    changed += ", by the version that waits" if view.waits else ""
    said = f": {view.note}" if view.note else ""
    lines = [f"{view.person}, for {view.agent}: {state}{changed}{said}"]
    lines += [f"  {line}" for line in marked(view.lines, view.added, view.removed)]
    return [*lines, f"  {MARKS}"] if view.added or view.removed else lines


def absence_words(absence: Absence, local: Callable[[datetime], str]) -> str:
    """Return from when until when somebody is away, as they read it themselves."""
    until = "until they are back" if absence.ends_at is None else f"until {local(absence.ends_at)}"
    words = f"from {local(absence.starts_at)} {until}"
    return f"{words}: {absence.note}" if absence.note else words


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at is not None else ""
