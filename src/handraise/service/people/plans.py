"""Contact plans as people choose them."""

from __future__ import annotations

from collections.abc import Sequence

from handraise.channels.contacts import contact_name
from handraise.core.table.units import duration_text
from handraise.errors import InputError
from handraise.model import ContactStep
from handraise.service.deciding.durations import duration_seconds
from handraise.service.people.standings import ContactView

LONGEST_WAIT_S = 24 * 3600.0
MOST_STEPS = 10


def check_steps(steps: Sequence[ContactStep], contacts: Sequence[ContactView]) -> None:
    """Refuse a plan that cannot be; an empty one can.

    Args:
        steps: as they were chosen.
        contacts: the person's.

    Raises:
        InputError: a step names a contact that is not theirs, or a wait that cannot be; or there
            are too many.
    """
    if len(steps) > MOST_STEPS:
        raise InputError(f"the plan has {len(steps):,} steps", f"at most {MOST_STEPS} can be")
    theirs = {view.contact for view in contacts}
    for number, step in enumerate(steps, start=1):
        if step.contact not in theirs:
            names = ", ".join(view.name for view in contacts)
            raise InputError(f"step {number}: this is no contact of theirs", f"they have {names}")
        if number == 1 and step.after_s != 0:
            raise InputError("step 1: the first contact is told at once", "leave its wait out")
        if not 0 <= step.after_s <= LONGEST_WAIT_S:
            raise InputError(f"step {number}: the wait is not from 0 to 24 hours", "e.g. 5m")


def plan_steps(written: str, contacts: Sequence[ContactView]) -> tuple[ContactStep, ...]:
    """Return the steps of a plan as people write it: `2, 5m 1`; none for `none`.

    Args:
        written: contacts by their number or their name, each after the first with the wait before.
        contacts: the person's.

    Raises:
        InputError: it cannot be read, or the plan cannot be.
    """
    if written.strip() == "none":
        return ()
    steps = tuple(_step(part.split(), contacts) for part in written.split(","))
    check_steps(steps, contacts)
    return steps


def _step(words: Sequence[str], contacts: Sequence[ContactView]) -> ContactStep:
    if not 1 <= len(words) <= 2:
        raise InputError(
            f'the plan: "{" ".join(words)[:80]}" is no contact', "write e.g. 2, 5m 1, or none"
        )
    *wait, which = words
    found = [view for view in contacts if which in (str(view.number), view.name)]
    if len(found) != 1:
        listed = ", ".join(f"{view.number} ({view.name})" for view in contacts)
        raise InputError(f'the plan: "{which[:80]}" is not one contact', f"they have {listed}")
    after_s = duration_seconds("the plan", wait[0]) if wait else 0.0
    return ContactStep(found[0].contact, after_s)


def plan_text(steps: Sequence[ContactStep], contacts: Sequence[ContactView]) -> str:
    """Return a plan as people write it; a contact that left the table by its kind or address."""
    numbers = {view.contact: str(view.number) for view in contacts}
    parts: list[str] = []
    for step in steps:
        which = numbers.get(step.contact, contact_name(step.contact))
        parts.append(f"{duration_text(step.after_s)} {which}" if step.after_s else which)
    return ", ".join(parts)
