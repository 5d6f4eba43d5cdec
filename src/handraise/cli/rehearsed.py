"""What `rehearse` prints: the list, the scoreboard while it runs, the protocol."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from handraise.cli.output import columns, counted, note, say, say_json

if TYPE_CHECKING:
    from datetime import datetime

    from handraise.model import Rehearsal, RehearsalAsk
    from handraise.service.rehearsing.board import Board
    from handraise.service.rehearsing.protocol import Protocol
    from handraise.service.wiring import Operation


def say_begun(operation: Operation, rehearsal: Rehearsal) -> None:
    """Print what is put to whom, and where it is watched."""
    names = _names(operation, rehearsal)
    asked = counted(len(rehearsal.questions), "question")
    people = ", ".join(names[one.person] for one in rehearsal.invited)
    say(f"{asked} to {people}, until {rehearsal.ends_at:%Y-%m-%d %H:%M}Z: [EXERCISE]")
    for question in rehearsal.questions:
        say(f"  {question.number}. {question.name} → {', '.join(question.routes)}")
    for name in rehearsal.went_ahead:
        say(f"  {name}: goes ahead by itself")
    for name, why in rehearsal.left_out.items():
        say(f"  {name}: put to nobody, {why}")
    for person, why in rehearsal.absent.items():
        note(f"note: {names.get(person, person)} {why}, and is not asked")
    say(f"scoreboard: {operation.address.url}/rehearsals/{rehearsal.id}")
    note("people answer on the pages of `handraise serve`; it ends by itself")


def told(operation: Operation, rehearsal: Rehearsal) -> dict[str, Any]:
    """Return what `--json` says of an exercise; the answers only once it has ended."""
    import msgspec

    from handraise.service.rehearsing.board import board_of

    asks = operation.rehearsals.asks(rehearsal.id)
    board = board_of(rehearsal, asks, operation.endings.told(rehearsal))
    ended = None if rehearsal.is_open else operation.endings.protocol(rehearsal)
    shown = msgspec.structs.replace(rehearsal, protocol=None)
    return {
        "rehearsal": msgspec.to_builtins(shown),
        "board": msgspec.to_builtins(board),
        "protocol": msgspec.to_builtins(ended),
        "statement": rehearsal.protocol,
    }


def say_list(
    found: Sequence[Rehearsal], asks: Mapping[str, Sequence[RehearsalAsk]], *, as_json: bool
) -> None:
    """Print the exercises there were, newest first."""
    if as_json:
        say_json([_listed(one, asks[one.id]) for one in found])
        return
    if not found:
        say("there were no rehearsals; `handraise rehearse --as OWNER` begins one")
        return
    header = ("when", "agent", "id", "questions", "answered", "ended")
    rows = [
        (
            f"{one.started_at:%Y-%m-%d %H:%M}Z",
            one.agent,
            one.id,
            str(len(one.questions)),
            f"{_answered(asks[one.id])} of {len(asks[one.id])}",
            one.ended_why or f"runs until {one.ends_at:%H:%M}Z",
        )
        for one in found
    ]
    say(columns(header, rows))


def _listed(rehearsal: Rehearsal, asks: Sequence[RehearsalAsk]) -> dict[str, Any]:
    names = ("id", "agent", "version", "by", "source", "started_at", "ends_at")
    found = {name: getattr(rehearsal, name) for name in (*names, "ended_at", "ended_why")}
    return {
        **found,
        "questions": len(rehearsal.questions),
        "asked": len(asks),
        "answered": _answered(asks),
    }


def _answered(asks: Sequence[RehearsalAsk]) -> int:
    return sum(ask.kind is not None for ask in asks)


def say_protocol(protocol: Protocol) -> None:
    """Print a protocol: the verdict, who answered what, what was unclear, what stayed open."""
    from handraise.service.rehearsing import words

    say(words.verdict_words(protocol), bold=True)
    for route, found in protocol.by_route.items():
        agree = " agree" if found.pairs else ""
        say(f"  {words.route_words(route)}: {words.pairs_words(found)}{agree}")
    for question in protocol.questions:
        differs = ": people differ" if question.alike < question.pairs else ""
        say(f"{question.number}. {question.name}{differs}")
        rows = [
            (
                f"   {words.name_of(protocol, one.person)}",
                words.answer_words(one),
                words.after_words(protocol, one),
                words.own_words(one),
            )
            for one in question.answers
        ]
        say(columns(("   person", "answer", "after", "words"), rows))
        for line in words.expectation_words(question):
            say(f"   {line}")
    for line in words.unclear(protocol):
        say(f"unclear: {line}")
    for line in words.unanswered(protocol):
        say(f"never answered: {line}")


class Scoreboard:
    """Shows how far an exercise is: as a table on a terminal, elsewhere a line for each change."""

    def __init__(self, operation: Operation, id: str, *, is_quiet: bool) -> None:
        """Show nothing yet; with `is_quiet`, nothing at all."""
        self._operation = operation
        self._id = id
        self._is_quiet = is_quiet
        self._live: Any = None
        self._said: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Begin to draw, where there is a terminal."""
        if not self._is_quiet and sys.stdout.isatty():
            from rich.live import Live

            self._live = Live(auto_refresh=False)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave what was drawn last."""
        if self._live is not None:
            self._live.stop()

    def show(self) -> Rehearsal:
        """Show how far it is now, and return it as it stands."""
        from handraise.service.rehearsing.board import board_of

        operation = self._operation
        rehearsal = operation.rehearsals.rehearsal(self._id)
        if self._is_quiet:
            return rehearsal
        asks = operation.rehearsals.asks(self._id)
        board = board_of(rehearsal, asks, operation.endings.told(rehearsal))
        lines = _lines(board, _names(operation, rehearsal))
        if self._live is not None:
            left = max(int((rehearsal.ends_at - operation.clock.now()).total_seconds()), 0)
            self._live.update(_drawn(lines, board, left), refresh=True)
        else:
            self._say_changes(lines)
        return rehearsal

    def _say_changes(self, lines: Sequence[tuple[str, ...]]) -> None:
        for name, *rest in lines:
            told, asked, seen, answered = rest
            text = f"{name}: {told}, opened {seen} of {asked}, answered {answered} of {asked}"
            if self._said.get(name) != text:
                self._said[name] = text
                say(text)


def _lines(board: Board, names: Mapping[str, str]) -> list[tuple[str, ...]]:
    return [
        (
            names.get(one.person, one.person),
            f"told {_time(one.told_at)}" if one.told_at else "not told yet",
            str(one.asked),
            str(one.seen),
            str(one.answered),
        )
        for one in board.people
    ]


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S}Z"


def _drawn(lines: Sequence[tuple[str, ...]], board: Board, left_s: int) -> Any:
    from rich.markup import escape
    from rich.table import Table

    title = (
        f"exercise: {board.answered} of {board.asked} answered, {left_s // 60}m{left_s % 60}s left"
    )
    table = Table(title=title)
    for name in ("person", "told", "questions", "opened", "answered"):
        table.add_column(name)
    for line in lines:
        table.add_row(*map(escape, line))
    return table


def _names(operation: Operation, rehearsal: Rehearsal) -> dict[str, str]:
    table = operation.shelf.table(rehearsal.agent, rehearsal.version)
    return {id: person.name for id, person in table.people.items()}
