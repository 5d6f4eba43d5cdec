"""Signs of life that an agent's processes promise to give: their silence is an alarm."""

from __future__ import annotations

from handraise.model import Presence
from handraise.web.api.agents import gate_of
from handraise.web.api.endpoint import Call
from handraise.web.api.records import PresenceState
from handraise.web.site import in_thread


async def beat(call: Call) -> Presence:
    """Take a sign of life, and expect the next."""
    return await in_thread(gate_of(call).give_sign, call.body.every, call.body.name)


async def leave(call: Call) -> PresenceState:
    """Expect no more signs of a process."""
    return PresenceState(expected=await in_thread(gate_of(call).take_leave, call.body.name))
