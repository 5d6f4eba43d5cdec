"""Contact plans as people choose them."""

from __future__ import annotations

from collections.abc import Sequence

from handraise.errors import InputError
from handraise.model import ContactStep
from handraise.service.invitations import ContactView

LONGEST_WAIT_S = 24 * 3600.0


def check_steps(steps: Sequence[ContactStep], contacts: Sequence[ContactView]) -> None:
    """Refuse a plan that cannot be; an empty one can.

    Args:
        steps: as they were chosen.
        contacts: the person's.

    Raises:
        InputError: a step names a contact that is not theirs, or a wait that cannot be.
    """
    theirs = {view.contact for view in contacts}
    for number, step in enumerate(steps, start=1):
        if step.contact not in theirs:
            names = ", ".join(view.name for view in contacts)
            raise InputError(f"step {number}: this is no contact of theirs", f"they have {names}")
        if number == 1 and step.after_s != 0:
            raise InputError("step 1: the first contact is told at once", "leave its wait out")
        if not 0 <= step.after_s <= LONGEST_WAIT_S:
            raise InputError(f"step {number}: the wait is not from 0 to 24 hours", "e.g. 5m")
