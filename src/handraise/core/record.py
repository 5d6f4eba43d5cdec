"""The record as a chain of hashes: how it is made, and how it is found out what was changed in it.

An event's detail is committed to by `detail_digest`, SHA-256 of a random salt and its canonical
JSON, so that detail and salt can be erased and the chain still holds. Its `link` is SHA-256 of the
link before and of everything else. The last event of a move also commits to the whole escalation,
as its rows stand then. Decisions are sealed in groups, each group by an event `recorded`.

INVARIANT: nothing here fails for what stands in a row; what cannot be right is a flaw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from handraise.model import ChainedEvent, Checkpoint, Flaw, Head, SealedDecision

GENESIS = hashlib.sha256(b"handraise record 1").hexdigest()
"""Stands for the link before the first event."""

ERASED = '{"erased":true}'
"""What stands in place of a detail that was erased."""

RECORDED, CHECKPOINT, REDACTED = "recorded", "checkpoint", "redacted"
"""The kinds of events that the record itself writes."""

UNREADABLE = Head(-1, -1, "")
"""Stands for where the chain ends when the row that says it cannot be read."""

_LOOKED_BACK = 100


def canonical(value: Any) -> str:
    """Return plain JSON values in the one spelling that is hashed: sorted keys, no blanks.

    Example:
        >>> canonical({"b": 1.5, "a": ["ü", None]})
        '{"a":["ü",null],"b":1.5}'
    """
    return msgspec.json.encode(value, order="sorted").decode()


def digest_of(salt: str | None, text: str | None) -> str:
    """Return what commits to a salt and a canonical text, hex."""
    return hashlib.sha256(f"{salt}{text}".encode("utf-8", "replace")).hexdigest()


def state_of(escalation: Mapping[str, Any], asks: Iterable[Mapping[str, Any]]) -> str:
    """Return an escalation's rows, as the database keeps them, as one canonical text.

    What is NULL is left out, so that a column added later changes no state.
    """
    rows = [escalation, *asks]
    return canonical(
        [{name: value for name, value in row.items() if value is not None} for row in rows]
    )


def link_of(previous: str, event: ChainedEvent) -> str:
    """Return what commits to an event and to everything before it, hex."""
    said = (
        event.seq,
        event.at,
        event.kind,
        event.who,
        event.agent,
        event.escalation_id,
        event.ask_id,
        event.detail_digest,
        event.state_digest,
    )
    return hashlib.sha256(f"{previous}{canonical(said)}".encode()).hexdigest()


def chained(
    head: Head, seq: int, events: Iterable[ChainedEvent]
) -> tuple[list[ChainedEvent], Head]:
    """Return events as the next of a chain, and where it ends then.

    Args:
        head: where it ended.
        seq: the highest number in use; as a rule that of the head.
        events: in order; their numbers and links are made here.
    """
    found = []
    seq, count, link = max(seq, head.seq), head.count, head.link
    for event in events:
        seq, count = seq + 1, count + 1
        numbered = replace(event, seq=seq)
        link = link_of(link, numbered)
        found.append(replace(numbered, link=link))
    return found, Head(seq, count, link)


def content_digest_of(decision: SealedDecision) -> str | None:
    """Return what commits to a decision's facts and proposal; the kept one where it is erased."""
    if decision.salt is None:
        return decision.content_digest
    return digest_of(decision.salt, canonical(list(decision.content)))


def seal_of(decision: SealedDecision) -> str:
    """Return what commits to a decision's row, hex."""
    return digest_of("", canonical([decision.fields, content_digest_of(decision)]))


def group_detail(group: str, seals: Sequence[str]) -> dict[str, Any]:
    """Return the detail of the event that seals a group of decisions.

    Args:
        group: the id of its first decision.
        seals: of its decisions, in the order of their ids.
    """
    return {"group": group, "count": len(seals), "digest": digest_of("", "\n".join(seals))}


def detail_of(event: ChainedEvent) -> dict[str, Any]:
    """Return an event's detail; empty for one that was erased or cannot be read."""
    try:
        found = msgspec.json.decode(event.detail or "")
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and event.salt is not None else {}


def decision_flaws(event: ChainedEvent, decisions: Sequence[SealedDecision]) -> list[Flaw]:
    """Return what is wrong with a group of decisions.

    Args:
        event: the event that sealed them.
        decisions: those of the group that are there, in the order of their ids.
    """
    said, flaws = detail_of(event), []
    for one in decisions:
        halves = (one.salt is None) != (one.content_digest is not None)
        left = one.salt is None and any(part is not None for part in one.content)
        if halves or left or one.seal != seal_of(one):
            flaws.append(Flaw(event.seq, f"decision {one.id}", "it was edited"))
    count = said.get("count")
    group = f"the decisions that event {event.seq} recorded"
    if count != len(decisions):
        what = f"there were {count}, and there are {len(decisions)}"
        flaws.append(Flaw(event.seq, group, what))
    elif not flaws and said != group_detail(
        str(said.get("group")), [str(one.seal) for one in decisions]
    ):
        flaws.append(Flaw(event.seq, group, "at least one was edited, and its seal with it"))
    return flaws


def state_flaw(escalation_id: str, state: str, event: ChainedEvent | None) -> Flaw | None:
    """Return what is wrong with an escalation as it stands now, or None.

    Args:
        escalation_id: which.
        state: its rows as `state_of` says them.
        event: the last one that commits to its state; None for none.
    """
    place = f"escalation {escalation_id}"
    if event is None:
        return Flaw(
            None,
            place,
            "no event tells how it stands: its events were deleted, or it was put there",
        )
    if digest_of(event.salt, state) == event.state_digest:
        return None
    what = f"its row, or that of an ask, is not what event {event.seq} left: it was edited"
    return Flaw(event.seq, place, what)


def checkpoint_flaw(checkpoint: Checkpoint, signed: Mapping[str, Any] | None) -> Flaw | None:
    """Return what is wrong with a checkpoint's row, or None.

    Args:
        checkpoint: as the database keeps it.
        signed: what its statement says; None where no known key has signed it.
    """
    place = f"checkpoint {checkpoint.day}"
    if signed is None:
        return Flaw(checkpoint.seq, place, "its signature is not valid: it was edited")
    if signed != statement_of(checkpoint):
        return Flaw(checkpoint.seq, place, "it is not what was signed: it was edited")
    return None


def statement_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what is signed for a checkpoint."""
    return {
        "kind": CHECKPOINT,
        "day": checkpoint.day,
        "seq": checkpoint.seq,
        "count": checkpoint.count,
        "link": checkpoint.link,
        "at": msgspec.to_builtins(checkpoint.at),
    }


class Walk:
    """Goes along the chain from its beginning, event by event, and tells what is wrong where.

    An event that does not fit is a suspect until a later one tells which link was genuine: the one
    before the suspects (they were put there), or one of theirs (they were edited, or what stood
    before them is gone). It holds a few values a redaction and a checkpoint, not the events.
    """

    def __init__(self, checkpoints: Iterable[Checkpoint] = ()) -> None:
        """Begin before the first event.

        Args:
            checkpoints: those whose signatures are valid.
        """
        self.good = Head(0, 0, GENESIS)
        self.erased = 0
        self.redacted: dict[str, int] = {}
        self.redacted_cases: set[str] = set()
        self._unexplained: dict[str | None, int] = {}
        self._suspects: list[ChainedEvent] = []
        self._due: dict[int, list[Checkpoint]] = {}
        self._told: dict[str, int] = {}
        self._days: set[str] = set()
        self._is_whole = True
        self._signed = 0
        for one in checkpoints:
            self._due.setdefault(one.seq, []).append(one)

    def step(self, event: ChainedEvent) -> list[Flaw]:
        """Return the flaws that this event shows, in itself and in those before it."""
        flaws = self._content(event)
        if link_of(self.good.link, event) == event.link:
            flaws += [_inserted(one) for one in self._suspects]
            self._suspects.clear()
            flaws += self._accepted([event])
        elif any(link_of(link, event) == event.link for link in self._links()):
            flaws += self._cleared()
            flaws += self._accepted([event])
        else:
            self._suspects.append(event)
        self._note(event)
        self._is_whole &= not flaws
        return flaws

    def end(self, head: Head | None) -> list[Flaw]:
        """Return the flaws that show at the end.

        Args:
            head: where the chain ends according to its own row; None where that is gone.
        """
        flaws: list[Flaw] = []
        if head is not None and head.link == self.good.link:
            flaws += [_inserted(one) for one in self._suspects]
        else:
            flaws += self._cleared()
        self._is_whole &= not flaws
        # A last event that was edited is its own flaw, and does not make one of the end's row.
        if not flaws or head is None or head.seq != self.good.seq:
            flaws += self._tail(head)
        for days in self._due.values():
            flaws += [self._gone(one) for one in days]
        for escalation_id, seq in self._unexplained.items():
            if escalation_id is None or self.redacted.get(escalation_id, 0) < seq:
                place = f"event {seq}"
                flaws.append(Flaw(seq, place, "its detail was erased, and no redaction says so"))
        return flaws

    def missing_checkpoints(self, days: Iterable[str]) -> list[Flaw]:
        """Return a flaw for each checkpoint that an event tells of, and that is not there.

        Args:
            days: of the checkpoints that are there, sound or not.
        """
        there = set(days)
        return [
            Flaw(seq, f"checkpoint {day}", f"event {seq} tells of it, and it is gone")
            for day, seq in self._told.items()
            if day not in there
        ]

    def _content(self, event: ChainedEvent) -> list[Flaw]:
        """Return what is wrong with the detail itself; note what was erased."""
        place = f"event {event.seq}"
        if event.salt is None:
            self.erased += 1
            self._unexplained[event.escalation_id] = event.seq
            if event.detail in {None, ERASED}:
                return []
            return [Flaw(event.seq, place, "its detail was erased, and written anew")]
        if digest_of(event.salt, event.detail) != event.detail_digest:
            return [Flaw(event.seq, place, "its detail was edited")]
        return []

    def _links(self) -> Iterable[str]:
        """Yield the links that the next event may rightly have been chained to, likeliest first."""
        for place in range(
            len(self._suspects) - 1, max(-1, len(self._suspects) - _LOOKED_BACK), -1
        ):
            yield self._suspects[place].link
        if self._suspects:
            before = self._suspects[-2].link if len(self._suspects) > 1 else self.good.link
            yield link_of(before, self._suspects[-1])

    def _cleared(self) -> list[Flaw]:
        """Return the flaws of the suspects, whose links, or some of them, proved genuine."""
        flaws, before = [], self.good.seq
        for one in self._suspects:
            if one.seq > before + 1:
                flaws.append(_missing(before + 1, one.seq - 1))
            else:
                flaws.append(Flaw(one.seq, f"event {one.seq}", "it was edited, or moved here"))
            before = one.seq
        suspects, self._suspects = self._suspects, []
        return flaws + self._accepted(suspects)

    def _accepted(self, events: Sequence[ChainedEvent]) -> list[Flaw]:
        """Go on behind these events; return what their checkpoints say against them."""
        flaws = []
        for event in events:
            self.good = Head(event.seq, self.good.count + 1, event.link)
            for one in self._due.pop(event.seq, []):
                if one.link != event.link:
                    since = f"between event {self._signed + 1} and event {event.seq}"
                    what = f"the chain is not the one it signed: it was written anew {since}"
                    flaws.append(Flaw(event.seq, f"checkpoint {one.day}", what))
                elif one.count != self.good.count and self._is_whole and not flaws:
                    what = f"it signed {one.count} events, and there are {self.good.count}"
                    flaws.append(Flaw(event.seq, f"checkpoint {one.day}", what))
                self._signed = event.seq
        return flaws

    def _note(self, event: ChainedEvent) -> None:
        """Keep what redactions and checkpoints say, to hold it against what is there."""
        if event.kind == REDACTED:
            if event.escalation_id is not None:
                self.redacted[event.escalation_id] = event.seq
            self.redacted_cases.add(str(detail_of(event).get("case", "")))
        elif event.kind == CHECKPOINT and "day" in detail_of(event):
            self._told[str(detail_of(event)["day"])] = event.seq

    def _tail(self, head: Head | None) -> list[Flaw]:
        place = "the end of the chain"
        if head is None:
            return [Flaw(self.good.seq, place, "the row that says where it ends is gone")]
        if head == UNREADABLE:
            what = "the row that says where it ends was edited: it cannot be read"
            return [Flaw(self.good.seq, place, what)]
        if head.seq > self.good.seq:
            return [_missing(self.good.seq + 1, head.seq)]
        if head != self.good and (self._is_whole or head.link != self.good.link):
            what = f"it should be event {head.seq}, and it is event {self.good.seq}"
            return [
                Flaw(self.good.seq, place, f"the row that says where it ends was edited: {what}")
            ]
        return []

    def _gone(self, checkpoint: Checkpoint) -> Flaw:
        what = f"event {checkpoint.seq}, with which it ends, is not there"
        return Flaw(checkpoint.seq, f"checkpoint {checkpoint.day}", what)


def _inserted(event: ChainedEvent) -> Flaw:
    return Flaw(event.seq, f"event {event.seq}", "it is no part of the chain: it was put there")


def _missing(first: int, last: int) -> Flaw:
    if first == last:
        return Flaw(first, f"event {first}", "it is gone")
    return Flaw(first, f"events {first} to {last}", "they are gone")
