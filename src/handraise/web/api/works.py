"""A piece of an agent's task under watch: its silence or crash becomes an escalation."""

from __future__ import annotations

from handraise.model import Work
from handraise.web.api.agents import gate_of
from handraise.web.api.endpoint import Call
from handraise.web.api.records import WorkState
from handraise.web.site import in_thread


async def start(call: Call) -> Work:
    """Begin to watch; the agent gives signs of life from now on."""
    return await in_thread(gate_of(call).start_work, call.body.case, call.body.silent_after)


async def beat(call: Call) -> WorkState:
    """Take a sign of life."""
    is_open = await in_thread(gate_of(call).beat, call.path["id"])
    return WorkState(id=call.path["id"], open=is_open)


async def done(call: Call) -> WorkState:
    """End the watch: the work is done."""
    is_open = await in_thread(gate_of(call).done, call.path["id"])
    return WorkState(id=call.path["id"], open=is_open)


async def failed(call: Call) -> WorkState:
    """End the watch: the agent crashed, and a person is told."""
    escalation_id = await in_thread(gate_of(call).failed, call.path["id"], call.body.error)
    return WorkState(
        id=call.path["id"], open=escalation_id is not None, escalation_id=escalation_id
    )
