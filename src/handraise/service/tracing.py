"""Spans of OpenTelemetry: a decision, a wait, an answer, a delivery, as part of the agent's trace.

INVARIANT: nothing of a customer and nobody's name is ever told to a span: no text, proposal, fact,
reason's words, person or contact. Without a tracer provider nothing is imported and nothing done;
a span that fails is logged, and changes nothing of what it was about.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from handraise.core.table.types import Table
from handraise.model import Verdict
from handraise.service.logs import Log, crash_text

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer, TracerProvider

NAME = "handraise"
AGENT = "gen_ai.agent.name"
OPERATION = "gen_ai.operation.name"
CONVERSATION = "gen_ai.conversation.id"
TOOL = "gen_ai.tool.name"
ERROR_TYPE = "error.type"
MAX_CASE = 200

Kind = Literal["INTERNAL", "CLIENT"]

log = Log(__name__)


def active() -> Tracer | None:
    """Return what makes spans; None in a process that traces nothing.

    A process that traces has imported OpenTelemetry itself and set a provider.
    """
    trace = sys.modules.get("opentelemetry.trace")
    # The public function reads the environment each time, which is a tenth of a decision's time.
    if trace is None or getattr(trace, "_TRACER_PROVIDER", trace) is None:
        return None
    return _tracer_in(trace)


def _tracer_in(trace: Any) -> Tracer | None:
    try:
        provider = trace.get_tracer_provider()
        if isinstance(provider, (trace.ProxyTracerProvider, trace.NoOpTracerProvider)):
            return None
        return _tracer_of(provider)
    except Exception as error:  # noqa: BLE001 - what traces must not hold up what it is about
        log.error("spans cannot be made", places=crash_text(error))
        return None


@lru_cache(maxsize=4)
def _tracer_of(provider: TracerProvider) -> Tracer:
    return provider.get_tracer(NAME)


class Step:
    """One step as a span; it is the current one within its `with`."""

    def __init__(self, tracer: Tracer | None, name: str, agent: str | None, kind: Kind) -> None:
        """Keep what the span is made of.

        Args:
            tracer: makes it; None makes none.
            name: what is done, in one word.
            agent: for whom; None where it is not known yet.
            kind: whether something outside of this process is asked.
        """
        self._tracer = tracer
        self._name = name
        self._agent = agent
        self._kind = kind
        self._span: Span | None = None
        self._token: Any = None

    def __enter__(self) -> Step:
        """Begin the span."""
        if self._tracer is None:
            return self
        try:
            from opentelemetry import context, trace

            name = self._name if self._agent is None else f"{self._name} {self._agent}"
            span = self._tracer.start_span(name, kind=trace.SpanKind[self._kind])
            self._token = context.attach(trace.set_span_in_context(span))
            self._span = span
            if self._agent is not None:
                span.set_attribute(AGENT, self._agent)
        except Exception as error:  # noqa: BLE001 - what traces must not hold up what it is about
            log.error("a span was lost", places=crash_text(error))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        places: TracebackType | None,
    ) -> None:
        """End it; of an error only its type is told."""
        span = self._span
        if span is None:
            return
        try:
            from opentelemetry import context, trace

            context.detach(self._token)
            if kind is not None:
                span.set_attribute(ERROR_TYPE, kind.__name__)
                span.set_status(trace.StatusCode.ERROR)
            span.end()
        except Exception as trouble:  # noqa: BLE001 - as above
            log.error("a span was lost", places=crash_text(trouble))

    def tell(self, **said: str | bool | int | Sequence[str] | None) -> None:
        """Tell the span what came of it, under names of `handraise.`; None is left out.

        Args:
            said: plain words and numbers; an underscore in a name stands for a dot.
        """
        self._set({f"{NAME}.{name.replace('_', '.')}": value for name, value in said.items()})

    def tell_agent(self, agent: str) -> None:
        """Tell for whom it was, where that was not known at its start."""
        self._set({AGENT: agent})

    def tell_verdict(self, verdict: Verdict, table: Table | None) -> None:
        """Tell what a decision came to.

        Args:
            verdict: what was said.
            table: by which; an action is named only where the table knows it. None for unknown.
        """
        if self._span is None:
            return
        decision = verdict.decision
        action = decision.action if type(decision.action) is str else None
        knows_it = table is not None and action in table.actions
        case = decision.case if type(decision.case) is str else None
        self._set(
            {
                OPERATION: "decide",
                CONVERSATION: None if case is None else case[:MAX_CASE],
                TOOL: action if knows_it else None,
            }
        )
        self.tell(
            verdict="escalate" if verdict.escalated else "proceed",
            rows=tuple(dict.fromkeys(one.row for one in verdict.reasons)),
            routes=verdict.routes,
            version=verdict.version or None,
            rehearsal=verdict.rehearsal,
            escalation_id=verdict.escalation_id,
        )

    def tell_wait(self, escalation_id: str, outcome: str | None) -> None:
        """Tell for which answer an agent waited, and what it was; None where none came."""
        self._set({OPERATION: "wait"})
        self.tell(escalation_id=escalation_id, outcome=outcome)

    def _set(self, values: Mapping[str, Any]) -> None:
        if self._span is None:
            return
        try:
            self._span.set_attributes({name: x for name, x in values.items() if x is not None})
        except Exception as error:  # noqa: BLE001 - as above
            log.error("a span was lost", places=crash_text(error))


def step(name: str, agent: str | None = None, kind: Kind = "INTERNAL") -> Step:
    """Return a step that is a span where this process traces, and nothing otherwise.

    Args:
        name: what is done, in one word.
        agent: for whom; None where it is not known yet.
        kind: whether something outside of this process is asked.

    Example:
        >>> with step("answer") as span:
        ...     span.tell(answer="approve")
    """
    return Step(active(), name, agent, kind)


def headers() -> dict[str, str]:
    """Return the headers by which a server continues the current trace; empty where there is none.

    By the W3C's recommendation "Trace Context"; no baggage is sent.
    """
    found: dict[str, str] = {}
    if active() is None:
        return found
    try:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        TraceContextTextMapPropagator().inject(found)
    except Exception as error:  # noqa: BLE001 - as above
        log.error("a trace is not continued", places=crash_text(error))
    return found


@contextmanager
def continued(given: Mapping[str, str]) -> Iterator[None]:
    """Continue the trace that a request came with; one that is current already goes on itself.

    Args:
        given: the request's headers, their names in lower case.
    """
    token = _attached(given)
    try:
        yield
    finally:
        if token is not None:
            from opentelemetry import context

            context.detach(token)


def _attached(given: Mapping[str, str]) -> Any:
    parent = given.get("traceparent")
    if parent is None or active() is None:
        return None
    try:
        from opentelemetry import context, trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        if trace.get_current_span().get_span_context().is_valid:
            return None
        carrier = {"traceparent": parent, "tracestate": given.get("tracestate", "")}
        return context.attach(TraceContextTextMapPropagator().extract(carrier))
    except Exception as error:  # noqa: BLE001 - as above
        log.error("a trace is not continued", places=crash_text(error))
        return None
