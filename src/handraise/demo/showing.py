"""A report of a run as tables and sentences for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handraise.demo.report import Looked, Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable


def show(report: Report, console: Console) -> None:
    """Print a report as tables for people."""
    alone, stopped = _of(report.alone, report.requests), _of(report.stopped, report.requests)
    console.print()
    console.print(
        f"{report.requests:,} requests: {alone} went ahead, {stopped} stopped and went to a person",
        style="bold",
        highlight=False,
    )
    console.print(_rows_table(report))
    console.print(_answers_table(report))
    console.print(_worth_table(report))
    for line in _sentences(report):
        console.print(line, highlight=False)


def _table(words: tuple[str, ...], figures: tuple[str, ...]) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable

    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in words:
        table.add_column(header)
    for header in figures:
        table.add_column(header, justify="right", no_wrap=True)
    return table


def _rows_table(report: Report) -> RichTable:
    table = _table(("it stopped where", "and went to", "who is"), ("times", "unfamiliar"))
    for row in report.by_row:
        table.add_row(row.when, row.to, row.people, f"{row.stopped:,}", f"{row.unfamiliar:,}")
    return table


def _answers_table(report: Report) -> RichTable:
    table = _table(("they answered",), ("times",))
    for outcome, count in report.by_outcome.items():
        table.add_row(outcome.replace("_", " "), f"{count:,}")
    if report.waiting:
        table.add_row("still waiting", f"{report.waiting:,}")
    return table


def _worth_table(report: Report) -> RichTable:
    table = _table(("what it was worth",), ("done", "wrong", "share", "USD moved wrongly"))
    for label, errors in (
        ("without the gate: all it drafted", report.without_gate),
        ("with the gate: what it did alone", report.with_gate),
        ("with people's answers: all it did", report.with_people),
    ):
        cells = (f"{errors.done:,}", f"{errors.wrong:,}", _percent(errors.rate))
        table.add_row(label, *cells, f"{errors.money_usd:,.0f}")
    return table


def _sentences(report: Report) -> list[str]:
    found = []
    if report.by_person:
        by = ", ".join(f"{person} {count:,}" for person, count in report.by_person.items())
        found.append(f"Decided by: {by}.")
    if report.unfamiliar:
        stopped = _of(report.unfamiliar_stopped, report.unfamiliar)
        slipped = report.unfamiliar - report.unfamiliar_stopped
        found.append(f"Of types it never saw: {stopped} stopped, {slipped:,} slipped through.")
    if report.looked is not None:
        found += _looked(report.looked)
    if report.accuracy is not None:
        found.append(
            f"Its first guess is right for {report.accuracy:.0%} of familiar requests."
            f" It stopped at {report.stopped_though_right:,} that it had right."
        )
    took = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in report.seconds.items())
    return [*found, f"{_calls(report)}; {took}."] if took else found


def _looked(looked: Looked) -> list[str]:
    """Return how the promise of condition three held, and what it was good for."""
    share = _percent(looked.stopped / looked.familiar if looked.familiar else None)
    familiar = f"{looked.stopped:,} of {looked.familiar:,} familiar requests ({share})"
    found = [
        f"Condition three, by words: {familiar} stopped for nothing.",
        f"Promised: {looked.promise.sentence}.",
    ]
    if looked.unfamiliar:
        caught = _of(looked.caught, looked.unfamiliar)
        alone = f"{looked.caught_alone:,} of them by no other row"
        found.append(f"Condition three, by words: {caught} of types it never saw stopped, {alone}.")
    return found


def _calls(report: Report) -> str:
    """Return how few messages stood for how many asks."""
    messages = f"{report.messages:,} message{'' if report.messages == 1 else 's'}"
    return f"{messages} called people to {report.asks:,} ask{'' if report.asks == 1 else 's'}"


def _of(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.0%})" if whole else f"{part:,}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
