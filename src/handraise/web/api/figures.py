"""Which figures Prometheus reads: each with its kind, its labels and what it says.

INVARIANT: no label is a person, a contact, a case or a customer's word.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

BUCKETS_S = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 259_200)
"""How long people take: from a minute to three days, in seconds."""

Kind = Literal["counter", "gauge", "histogram"]


class Figure(Struct, frozen=True):
    """One figure.

    Attributes:
        name: without the `handraise_` that begins each, and the `_total` that ends a counter.
        kind: what Prometheus does with it.
        labels: by what it is told apart.
        says: what it counts or measures.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    says: str

    @property
    def full_name(self) -> str:
        """The name by which queries ask for it."""
        return f"handraise_{self.name}{'_total' if self.kind == 'counter' else ''}"


_AGENT, _ROUTE, _SERIES = ("agent",), ("agent", "route"), ("agent", "series")

FIGURES = (
    Figure("decisions", "counter", ("agent", "verdict"), "Decisions judged."),
    Figure("rows_fired", "counter", ("agent", "condition", "row"), "Decisions a row stopped."),
    Figure("conditions_fired", "counter", ("agent", "condition"), "Decisions it stopped."),
    Figure("routes_asked", "counter", _ROUTE, "Decisions that a route was asked about."),
    Figure("escalations_resolved", "counter", ("agent", "outcome"), "Escalations that ended."),
    Figure("answers", "counter", ("agent", "route", "kind"), "Answers that people gave."),
    Figure("deadlines_missed", "counter", _ROUTE, "Asks that went on for a missed deadline."),
    Figure("messages_undelivered", "counter", _ROUTE, "Messages about asks that reached nobody."),
    Figure("acknowledge_seconds", "histogram", _ROUTE, "From the stop to who said they have it."),
    Figure("answer_seconds", "histogram", _ROUTE, "From the stop to the answer."),
    Figure(
        "escalations_open", "gauge", _AGENT, "Open questions: escalations that wait for people."
    ),
    Figure(
        "asks_open",
        "gauge",
        _ROUTE,
        "Open asks, that wait for an answer; a question has one for each route that must agree.",
    ),
    Figure("asks_overdue", "gauge", _ROUTE, "Open asks whose next step is due."),
    Figure("oldest_ask_seconds", "gauge", _ROUTE, "Age of the oldest open ask; 0 for none."),
    Figure("alarms_open", "gauge", ("agent", "kind"), "Alarms not over, those of people apart."),
    Figure("rate", "gauge", _SERIES, "Share of decisions that stopped in the last day."),
    Figure("promised_rate", "gauge", _SERIES, "Share that a backtest promised."),
    Figure("promised_rate_low", "gauge", _SERIES, "Lower end of what it promised, 95 %."),
    Figure("promised_rate_high", "gauge", _SERIES, "Upper end of what it promised, 95 %."),
    Figure("evidence", "gauge", _SERIES, "Against the promise; an alarm at 1."),
    Figure("wrong_alone", "gauge", _AGENT, "Share wrong of what went ahead, by the audits."),
    Figure("wrong_alone_low", "gauge", _AGENT, "Lower end of that, 95 % at every look."),
    Figure("wrong_alone_high", "gauge", _AGENT, "Upper end of that, 95 % at every look."),
    Figure("wrong_alone_promised", "gauge", _AGENT, "Share that may be wrong."),
    Figure("audits_waiting", "gauge", _AGENT, "Audits that wait for a person."),
    Figure("audits_late", "gauge", _AGENT, "Of them those that should have been answered."),
    Figure("processes_expected", "gauge", _AGENT, "Processes that promised signs of life."),
    Figure("processes_silent", "gauge", _AGENT, "Of them those silent for too long."),
    Figure("messages_waiting", "gauge", ("agent", "channel"), "Messages not sent yet."),
    Figure("messages_failing", "gauge", ("agent", "channel"), "Of them those refused last time."),
    Figure("contacts_failing", "gauge", ("channel",), "Contacts that took no message lately."),
    Figure("outbox_oldest_pending_seconds", "gauge", (), "Age of the oldest message due."),
    Figure("worker_last_cycle_seconds", "gauge", (), "Since a worker's last cycle; or +Inf."),
    Figure("watch_last_look_seconds", "gauge", (), "Since the watch's last look; or +Inf."),
    Figure("build_info", "gauge", ("version",), "Always 1; the release that answers."),
)


class Durations:
    """How long something took, again and again, as a histogram keeps it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.counts = [0] * (len(BUCKETS_S) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.sum_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Return how many took at most so long, for each bucket."""
        found, count = [], 0
        for edge, more in zip((*map(str, BUCKETS_S), "+Inf"), self.counts, strict=True):
            count += more
            found.append((edge, float(count)))
        return found


class Families:
    """The figures of one scrape. Every one is there, also where it has no value."""

    def __init__(self) -> None:
        """Begin without values."""
        self._made: dict[str, Any] = {one.name: _family(one) for one in FIGURES}

    def put(self, name: str, value: float, *labels: str) -> None:
        """Add a value of a counter or a gauge, its labels in their order."""
        self._made[name].add_metric(labels, value)

    def put_durations(self, name: str, durations: Durations, *labels: str) -> None:
        """Add a histogram, its labels in their order."""
        self._made[name].add_metric(labels, durations.buckets(), durations.sum_s)

    def collect(self) -> Iterator[Metric]:
        """Yield them in the order of FIGURES."""
        yield from self._made.values()


def _family(figure: Figure) -> Metric:
    name = f"handraise_{figure.name}"
    if figure.kind == "counter":
        return CounterMetricFamily(name, figure.says, labels=figure.labels)
    if figure.kind == "histogram":
        return HistogramMetricFamily(name, figure.says, labels=figure.labels)
    return GaugeMetricFamily(name, figure.says, labels=figure.labels)
