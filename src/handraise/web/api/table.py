"""The table of endpoints: everything that can be done over HTTP by programs, once.

Routing, decoding, the OpenAPI document and the tests all walk it.
"""

from __future__ import annotations

from typing import Any

from handraise.model import Work
from handraise.web.api import agents, health, people, works
from handraise.web.api.endpoint import Call, Endpoint
from handraise.web.api.openapi import document
from handraise.web.api.records import (
    AnswerIn,
    EscalationList,
    EscalationOut,
    FailedIn,
    Health,
    ListQuery,
    TableOut,
    VerdictOut,
    WaitQuery,
    WithdrawIn,
    WorkIn,
    WorkState,
)

V1 = "/api/v1"


async def _openapi(_call: Call) -> dict[str, Any]:
    return document(ENDPOINTS)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        method="POST",
        path=f"{V1}/decisions",
        name="decide",
        summary="Have a decision judged, or a batch of at most 1000",
        caller="agent",
        handler=agents.decide,
        body=object,
        answer=VerdictOut,
        problems=(409,),
    ),
    Endpoint(
        method="GET",
        path=f"{V1}/escalations",
        name="list_escalations",
        summary="List the agent's own escalations, newest first, or find one by its key",
        caller="agent",
        handler=agents.escalations,
        query=ListQuery,
        answer=EscalationList,
        or_answer=EscalationOut,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path=f"{V1}/escalations/{{id}}",
        name="get_escalation",
        summary="Read an escalation; with wait, hold the line until it has ended",
        caller="agent",
        handler=agents.escalation,
        query=WaitQuery,
        answer=EscalationOut,
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path=f"{V1}/escalations/{{id}}/withdraw",
        name="withdraw_escalation",
        summary="Take a question back",
        caller="agent",
        handler=agents.withdraw,
        body=WithdrawIn,
        body_optional=True,
        answer=EscalationOut,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path=f"{V1}/work",
        name="start_work",
        summary="Begin a piece of work under watch",
        caller="agent",
        handler=works.start,
        body=WorkIn,
        body_optional=True,
        answer=Work,
        status=201,
    ),
    Endpoint(
        method="POST",
        path=f"{V1}/work/{{id}}/beat",
        name="beat_work",
        summary="Give a sign of life",
        caller="agent",
        handler=works.beat,
        answer=WorkState,
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path=f"{V1}/work/{{id}}/done",
        name="finish_work",
        summary="Say that the work is done",
        caller="agent",
        handler=works.done,
        answer=WorkState,
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path=f"{V1}/work/{{id}}/failed",
        name="fail_work",
        summary="Say that the work crashed; a person is told",
        caller="agent",
        handler=works.failed,
        body=FailedIn,
        body_optional=True,
        answer=WorkState,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path=f"{V1}/table",
        name="get_table",
        summary="Read the routing table that judges this agent now",
        caller="agent",
        handler=agents.table,
        answer=TableOut,
    ),
    Endpoint(
        method="POST",
        path=f"{V1}/asks/{{id}}/acknowledge",
        name="acknowledge_ask",
        summary="Say that you have it",
        caller="person",
        handler=people.acknowledge,
        answer=EscalationOut,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path=f"{V1}/asks/{{id}}/answer",
        name="answer_ask",
        summary="Answer: approve, change, reject, instruct or take over",
        caller="person",
        handler=people.answer,
        body=AnswerIn,
        answer=EscalationOut,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path="/schema/openapi.json",
        name="get_schema",
        summary="Read this document",
        caller="anyone",
        handler=_openapi,
        answer=dict[str, Any],
    ),
    Endpoint(
        method="GET",
        path="/metrics",
        name="get_metrics",
        summary="Read the figures, in Prometheus' text format",
        caller="anyone",
        handler=health.metrics,
        answer=str,
        media_type="text/plain",
    ),
    Endpoint(
        method="GET",
        path="/health/live",
        name="get_live",
        summary="Whether this process answers",
        caller="anyone",
        handler=health.live,
        answer=Health,
    ),
    Endpoint(
        method="GET",
        path="/health/ready",
        name="get_ready",
        summary="Whether this process can do its work",
        caller="anyone",
        handler=health.ready,
        answer=Health,
    ),
)
