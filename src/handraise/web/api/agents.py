"""What an agent may do: have decisions judged, see to its own escalations, read its table.

Nothing of another agent is ever seen here, and nothing is answered: that is for people.
"""

from __future__ import annotations

from typing import Any

import msgspec

from handraise.errors import AccessError, InputError, KeyConflictError
from handraise.model import Escalation
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.incoming import sent
from handraise.web.api.endpoint import Call
from handraise.web.api.records import (
    MAX_BATCH,
    EscalationList,
    EscalationOut,
    ListQuery,
    TableOut,
    VerdictOut,
    escalation_out,
    verdict_out,
)
from handraise.web.problems import Problem, problem_of
from handraise.web.security import agent_of
from handraise.web.site import in_thread


def gate_of(call: Call) -> EmbeddedGate:
    """Return the gate of the agent that calls.

    Raises:
        AccessError: this server does not serve its table.
    """
    gate = call.site.operation.gates.get(call.caller)
    if gate is None:
        raise AccessError(
            f'this server does not serve the table of "{call.caller}"',
            "start it with that table: handraise serve TABLE",
        )
    return gate


async def decide(call: Call) -> VerdictOut | list[VerdictOut | Problem]:
    """Judge one decision, or a batch in order."""
    gate = gate_of(call)
    if "decisions" not in call.body:
        return verdict_out(await in_thread(gate.judge, *sent(call.body)))
    batch = _batch(call.body)
    return await in_thread(lambda: [_judge(gate, fields) for fields in batch])


def _batch(body: dict[str, Any]) -> list[dict[str, Any]]:
    batch = body["decisions"]
    if len(body) != 1 or not isinstance(batch, list):
        raise InputError("body: a batch holds a list of decisions and nothing else")
    if len(batch) > MAX_BATCH:
        raise InputError(f"body: a batch holds at most {MAX_BATCH} decisions, not {len(batch)}")
    for place, fields in enumerate(batch):
        if not isinstance(fields, dict):
            raise InputError(f"body: decisions[{place}] must be an object; nothing was judged")
    return batch


def _judge(gate: EmbeddedGate, fields: dict[str, Any]) -> VerdictOut | Problem:
    try:
        return verdict_out(gate.judge(*sent(fields)))
    except KeyConflictError as error:
        return problem_of(error)


async def escalation(call: Call) -> EscalationOut:
    """Return an escalation, after waiting for its end for at most `wait` seconds.

    Raises:
        SignInError: the key was revoked meanwhile.
    """
    gate = gate_of(call)
    seen = await call.site.watcher.until(
        lambda: in_thread(gate.escalation, call.path["id"]),
        lambda found: found.state != "open",
        call.query.wait,
    )
    if call.query.wait:
        await agent_of(call.request)
    return await in_thread(escalation_out, seen, gate.with_grant)


async def escalations(call: Call) -> EscalationList | EscalationOut:
    """List the agent's own escalations, newest first; with a key, return the one that has it."""
    query: ListQuery = call.query
    if query.key is not None:
        gate = gate_of(call)
        kept = await in_thread(gate.escalation, key=query.key)
        return await in_thread(escalation_out, kept, gate.with_grant)
    found = await in_thread(
        call.site.operation.store.escalations,
        agent=call.caller,
        state=query.state,
        limit=query.limit,
        before_id=query.before,
    )
    return await in_thread(_listed, found, gate_of(call))


def _listed(found: list[Escalation], gate: EmbeddedGate) -> EscalationList:
    return EscalationList(escalations=tuple(escalation_out(one, gate.with_grant) for one in found))


async def withdraw(call: Call) -> EscalationOut:
    """Take a question back; the people who have it are told."""
    gate = gate_of(call)

    def take_back() -> Escalation:
        gate.withdraw(call.path["id"], call.body.reason)
        return gate.escalation(call.path["id"])

    return escalation_out(await in_thread(take_back))


async def table(call: Call) -> TableOut:
    """Return the routing table that judges this agent now."""
    gate = gate_of(call)

    def read() -> TableOut:
        found = gate.in_force()
        return TableOut(
            agent=call.caller,
            rehearsal=gate.rehearsal,
            text=call.site.operation.shelf.source(call.caller, found.version).text,
            **msgspec.structs.asdict(found),
        )

    return await in_thread(read)
