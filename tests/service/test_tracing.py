"""Spans of OpenTelemetry: what is told to them, what never is, and whose trace they are part of."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from handraise.errors import KeyConflictError, StillOpenError
from handraise.service.deciding.aio import AsyncGate
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.remote import RemoteGate
from handraise.service.tracing import active, continued, headers, step
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, BIG, SURE, answered
from tests.support.server import Server

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRET = "Jane Doe of 5 Elm Street"


class Spans:
    """What was exported."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    def named(self, start: str) -> list[ReadableSpan]:
        """Return the spans whose name begins so, in the order in which they ended."""
        return [one for one in self.exporter.get_finished_spans() if one.name.startswith(start)]

    def only(self, start: str) -> ReadableSpan:
        """Return the one span whose name begins so."""
        (found,) = self.named(start)
        return found


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """Return what is exported while a provider is set; afterwards there is none again."""
    spans = Spans()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", spans.provider)
    yield spans
    spans.provider.shutdown()


@pytest.fixture
def server(operation: Operation) -> Iterator[Server]:
    server = Server.of(operation)
    yield server
    server.close()


def of(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_without_a_provider_nothing_is_traced(gate: EmbeddedGate) -> None:
    assert active() is None
    assert headers() == {}
    with step("answer") as span, continued({"traceparent": PARENT}):
        span.tell(answer="approve")
        span.tell_agent(AGENT)
        assert not trace.get_current_span().get_span_context().is_valid
    assert not gate.decide(SURE).escalated


def test_nothing_of_opentelemetry_is_imported_by_itself() -> None:
    code = (
        "import sys, handraise, handraise.service.deciding.gate, handraise.service.deciding.remote;"
        "from handraise.service.tracing import active, headers;"
        "assert active() is None and headers() == {};"
        "sys.exit(any(one.startswith('opentelemetry') for one in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_decision_that_goes_ahead_is_a_span_of_the_agents_own_trace(
    gate: EmbeddedGate, spans: Spans
) -> None:
    with spans.provider.get_tracer("agent").start_as_current_span("invoke_agent") as own:
        verdict = gate.decide(**{**SURE, "case": "ticket-1"})
    assert not verdict.escalated
    span = spans.only("decide")
    assert (span.name, span.kind, span.status.status_code) == (
        f"decide {AGENT}",
        SpanKind.INTERNAL,
        StatusCode.UNSET,
    )
    assert span.parent is not None
    assert span.parent.span_id == own.get_span_context().span_id
    assert of(span) == {
        "gen_ai.agent.name": AGENT,
        "gen_ai.operation.name": "decide",
        "gen_ai.conversation.id": "ticket-1",
        "gen_ai.tool.name": "refund",
        "handraise.verdict": "proceed",
        "handraise.rows": (),
        "handraise.routes": (),
        "handraise.version": gate.table.version,
        "handraise.rehearsal": False,
    }


def test_a_stop_says_which_rows_and_routes_and_the_escalation(
    gate: EmbeddedGate, spans: Spans
) -> None:
    verdict = gate.decide(**BIG)
    told = of(spans.only("decide"))
    assert told["handraise.verdict"] == "escalate"
    assert told["handraise.rows"] == tuple(reason.row for reason in verdict.reasons)
    assert told["handraise.routes"] == verdict.routes
    assert told["handraise.escalation.id"] == verdict.escalation_id


def test_nothing_of_a_customer_or_a_person_is_ever_told(
    operation: Operation, gate: EmbeddedGate, spans: Spans
) -> None:
    hostile = {
        **BIG,
        "action": SECRET,
        "type": SECRET,
        "text": SECRET,
        "context": {"customer": SECRET},
        "facts": {"note": SECRET},
        "proposal": {"to": SECRET},
        "asked_by": SECRET,
    }
    verdict = gate.decide(**hostile)
    gate.decide(**{**SURE, "case": 5, "action": ["refund"]})
    operation.worker.deliver()
    assert verdict.escalation_id is not None
    answered(operation, verdict.escalation_id, "reject", reason=SECRET)
    operation.worker.deliver()
    found = spans.exporter.get_finished_spans()
    assert {one.name.split()[0] for one in found} == {"decide", "answer", "deliver"}
    words = " ".join(one.to_json() for one in found)
    people = [person.name for person in gate.table.people.values()]
    for secret in (SECRET, "@example.com", *people):
        assert secret not in words
    allowed = {*gate.table.people} & set(words.split('"'))
    assert not allowed


def test_a_wait_says_what_was_answered(
    operation: Operation, gate: EmbeddedGate, spans: Spans
) -> None:
    verdict = gate.decide(**BIG)
    with pytest.raises(StillOpenError):
        verdict.wait(0)
    lost = spans.only("wait")
    assert (lost.status.status_code, of(lost)["error.type"]) == (
        StatusCode.ERROR,
        "StillOpenError",
    )
    assert not lost.events
    assert verdict.escalation_id is not None
    answered(operation, verdict.escalation_id, "approve")
    verdict.wait(0)
    assert of(spans.named("wait")[1]) == {
        "gen_ai.agent.name": AGENT,
        "gen_ai.operation.name": "wait",
        "handraise.escalation.id": verdict.escalation_id,
        "handraise.outcome": "approved",
    }
    said = of(spans.only("answer"))
    assert said["handraise.answer"] == "approve"
    assert said["handraise.outcome"] == "approved"
    assert said["gen_ai.agent.name"] == AGENT


def test_a_wait_of_the_asynchronous_face_is_one_span(
    operation: Operation, gate: EmbeddedGate, spans: Spans
) -> None:
    verdict = gate.decide(**BIG)
    assert verdict.escalation_id is not None
    answered(operation, verdict.escalation_id, "approve")

    async def work() -> None:
        face = AsyncGate(gate)
        with spans.provider.get_tracer("agent").start_as_current_span("invoke_agent"):
            await face.decide(**SURE)
            await face.wait(verdict)

    asyncio.run(work())
    own = spans.only("invoke_agent").get_span_context()
    assert own is not None
    for span in (spans.named("decide")[1], spans.only("wait")):
        assert span.parent is not None
        assert span.parent.span_id == own.span_id


def test_a_delivery_says_the_kind_of_its_channel(
    operation: Operation, gate: EmbeddedGate, spans: Spans
) -> None:
    verdict = gate.decide(**BIG)
    operation.worker.deliver()
    span = spans.named("deliver")[0]
    told = of(span)
    assert (span.kind, span.name) == (SpanKind.CLIENT, f"deliver {AGENT}")
    assert (told["handraise.channel"], told["handraise.delivered"]) == ("mailto", True)
    assert told["handraise.escalation.id"] == verdict.escalation_id


def test_a_servers_span_continues_the_trace_of_the_agent(
    operation: Operation, server: Server, spans: Spans
) -> None:
    _, key = operation.door.make_key(AGENT, "test")
    with RemoteGate(server.url, key) as remote:
        verdict = remote.decide(**BIG)
        with pytest.raises(StillOpenError):
            verdict.wait(0)
    there, here = spans.named("decide")
    assert (here.name, here.kind) == ("decide", SpanKind.CLIENT)
    assert (there.name, there.kind) == (f"decide {AGENT}", SpanKind.INTERNAL)
    assert there.parent is not None
    assert there.parent.is_remote
    context = here.get_span_context()
    assert context is not None
    assert (there.parent.trace_id, there.parent.span_id) == (context.trace_id, context.span_id)
    assert of(here)["handraise.escalation.id"] == of(there)["handraise.escalation.id"]
    assert "gen_ai.tool.name" not in of(here)


def test_a_trace_that_is_current_goes_on_itself(spans: Spans) -> None:
    with spans.provider.get_tracer("server").start_as_current_span("POST") as own:
        with continued({"traceparent": PARENT}), step("decide", AGENT):
            pass
        with continued({"traceparent": "nonsense"}), step("answer"):
            pass
    for name in ("decide", "answer"):
        parent = spans.only(name).parent
        assert parent is not None
        assert parent.span_id == own.get_span_context().span_id
    with continued({"traceparent": PARENT}), step("alone"):
        pass
    parent = spans.only("alone").parent
    assert parent is not None
    assert format(parent.trace_id, "032x") == PARENT.split("-")[1]


def test_an_error_is_told_by_its_type_alone(gate: EmbeddedGate, spans: Spans) -> None:
    gate.decide(**{**SURE, "key": SECRET})
    with pytest.raises(KeyConflictError):
        gate.decide(**{**BIG, "key": SECRET})
    span = spans.named("decide")[1]
    assert (span.status.status_code, of(span)["error.type"]) == (
        StatusCode.ERROR,
        "KeyConflictError",
    )
    assert SECRET not in span.to_json()


class _Broken(SpanProcessor):
    """A processor that fails, as one of somebody else's might."""

    def __init__(self, at: str) -> None:
        self._at = at

    def on_start(self, *_: Any, **__: Any) -> None:
        if self._at == "start":
            raise RuntimeError(SECRET)

    def on_end(self, span: ReadableSpan) -> None:
        if self._at == "end":
            raise RuntimeError(SECRET)


@pytest.mark.parametrize("at", ["start", "end"])
def test_tracing_that_breaks_changes_no_verdict(at: str, gate: EmbeddedGate, spans: Spans) -> None:
    spans.provider.add_span_processor(_Broken(at))
    assert not gate.decide(**SURE).escalated
    assert gate.decide(**BIG).escalation_id is not None
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_provider_that_breaks_changes_no_verdict(
    gate: EmbeddedGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Provider:
        def get_tracer(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError(SECRET)

    monkeypatch.setattr(trace, "_TRACER_PROVIDER", Provider())
    assert active() is None
    assert not gate.decide(**SURE).escalated
