"""Outcomes: what later turned out to be right, reported by programs.

The agent's own key may report too; what it says of itself is kept, and counts in no estimate.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from handraise.service.outcomes.telling import MAX_NOTE, Outcomes, Report, Source, refuse_bad
from handraise.web.api.endpoint import Call
from handraise.web.api.records import MAX_BATCH
from handraise.web.security import key_of
from handraise.web.site import in_thread

MAX_NAME = 500


class OutcomeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one decision turned out; `decision` is its key or its id, `named_by` says which.

    Without `named_by` it may be either, unless it is both, of two decisions. Without `at` it is
    now; `stake` is what a wrong one cost.
    """

    decision: Annotated[str, Meta(max_length=MAX_NAME)]
    named_by: Literal["key", "id"] | None = None
    is_right: bool
    at: Annotated[datetime, Meta(tz=True)] | None = None
    stake: Annotated[float, Meta(ge=0, le=1e15)] | None = None
    note: Annotated[str, Meta(max_length=MAX_NOTE)] = ""


class OutcomesIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How decisions turned out; `skip_bad` keeps the good ones where others cannot be kept."""

    outcomes: Annotated[tuple[OutcomeIn, ...], Meta(min_length=1, max_length=MAX_BATCH)]
    skip_bad: bool = False


class BadOutcome(Struct, frozen=True, kw_only=True):
    """An outcome that was not kept: its place in the batch from 0, and why."""

    place: int
    why: str


class OutcomesOut(Struct, frozen=True, kw_only=True):
    """What was kept; `known` were told before, `counts` says whether the source is believed."""

    kept: int
    known: int
    counts: bool
    bad: tuple[BadOutcome, ...] = ()


async def report(call: Call) -> OutcomesOut:
    """Keep how decisions turned out: all, or nothing, or with `skip_bad` what is good."""
    key = await key_of(call.request)
    source: Source = "api" if key.may == "outcomes" else "agent"
    body: OutcomesIn = call.body
    operation = call.site.operation
    outcomes = Outcomes(operation.store, operation.shelf, operation.clock)
    reports = [_report(place, one) for place, one in enumerate(body.outcomes)]

    def take() -> OutcomesOut:
        taken = outcomes.take(
            key.agent, reports, source=source, by=key.label, skip_bad=body.skip_bad
        )
        if not body.skip_bad:
            refuse_bad(taken, len(reports))
        places = {one.place: place for place, one in enumerate(reports)}
        return OutcomesOut(
            kept=taken.kept if taken.is_kept else 0,
            known=taken.known,
            counts=source != "agent",
            bad=tuple(BadOutcome(place=places[one.place], why=one.why) for one in taken.bad),
        )

    return await in_thread(take)


def _report(place: int, sent: OutcomeIn) -> Report:
    return Report(
        place=f"outcomes[{place}]",
        id=sent.decision if sent.named_by == "id" else None,
        key=sent.decision if sent.named_by == "key" else None,
        either=sent.decision if sent.named_by is None else None,
        is_right=sent.is_right,
        at=sent.at,
        stake=sent.stake,
        note=sent.note,
    )
