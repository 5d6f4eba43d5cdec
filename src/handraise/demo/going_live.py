"""How the example goes live: its people confirm and accept, its owner waives the rest and signs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from handraise.demo.people import Crew

if TYPE_CHECKING:
    from handraise.service.wiring import Operation

WHY = "this is a demonstration: its requests are new, and nobody has been drilled"
WAIVED_FOR = timedelta(days=7)


def go_live(operation: Operation, agent: str, crew: Crew, say: Callable[[str], None]) -> None:
    """Let the team confirm that they can be reached and accept their duties; then sign.

    What only the weeks before a real go-live bring, the owner waives: a backtest and the drills.

    Args:
        operation: whose store has the table.
        agent: whose table.
        crew: its people.
        say: prints a line.

    Raises:
        InputError: a line of the checklist is red that nobody may waive.
        NotReadyError: the same, of what was to be signed.
    """
    from handraise.service.going_live.waiving import waivers_of

    table = operation.gates[agent].table
    owner = table.people[table.owner]
    say("Each of the team opens the link in their mailbox, signs in, accepts their duty:")
    crew.confirm()
    for id, person in table.people.items():
        duty = operation.shelf.duty(agent, id)
        say(f"  {person.name}: {', '.join(duty.routes) if duty else 'nothing'}")
    lines = operation.checklists.lines(table)
    red = [line for line in lines if line.state == "red"]
    for line in red:
        say(f"{owner.name} lets stand for a week: {line.name}: {line.evidence}")
    now = operation.clock.now()
    waivers = waivers_of([line.code for line in red], owner.id, WHY, now + WAIVED_FOR, now)
    operation.readiness.sign(table, lines, owner.id, waivers)
    say(f"{owner.name} has signed for this table: it is live.")
