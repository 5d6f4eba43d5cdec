"""An exported record checked by itself: no store, no secret, only the file and public keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from handraise.core.record import Walk
from handraise.errors import InputError
from handraise.model import ChainedEvent, Checkpoint, Flaw, Head
from handraise.service.recording.checking import Flaws, Report, sound_checkpoints, verified_by
from handraise.service.recording.record import FORMAT

_PLACE = "the closing statement"


class _Event(Struct):
    seq: int
    at: str
    kind: str
    who: str
    agent: str
    escalation_id: str | None
    ask_id: str | None
    detail: Raw
    salt: str | None
    detail_digest: str
    state_digest: str | None
    link: str


class _Kind(Struct):
    type: str


class _Closing(Struct):
    statement: str


class _Header(Struct):
    format: str
    keys: dict[str, Any]


class File:
    """Reads an export, line by line."""

    def __init__(self, keys: Mapping[str, Any] | None = None) -> None:
        """Begin before the first line.

        Args:
            keys: public keys (JWKS) that are trusted; None takes those that stand in the file.
        """
        self._keys = keys
        self._flaws = Flaws()
        self._digest = hashlib.sha256()
        self._lines = 0
        self._last_day: str | None = None
        self._checkpoints: list[Checkpoint] = []
        self._walk: Walk | None = None
        self._closing: dict[str, Any] | None = None
        self._said: dict[str, Any] | None = None
        self.own_keys: dict[str, Any] = {}

    def read(self, lines: Iterable[str]) -> Report:
        """Return what checking the export found.

        Raises:
            InputError: it is no export of this format; the line is named.
        """
        for number, line in enumerate(lines, start=1):
            text = line.rstrip("\n")
            try:
                self._take(number, text)
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                raise InputError(f"line {number}: it is no line of an exported record") from None
        return self._report()

    def _take(self, number: int, text: str) -> None:
        kind = msgspec.json.decode(text, type=_Kind).type
        if (kind == "header") != (number == 1):
            raise InputError(f"line {number}: an export begins with one header")
        if self._said is not None:
            raise InputError(f"line {number}: something stands behind {_PLACE}")
        if kind == "closing":
            self._close(msgspec.json.decode(text, type=_Closing).statement)
            return
        self._digest.update(f"{text}\n".encode())
        self._lines += 1
        if kind == "header":
            self._begin(msgspec.json.decode(text, type=_Header))
        elif kind == "checkpoint" and self._walk is None:
            self._checkpoints.append(msgspec.json.decode(text, type=Checkpoint))
        elif kind == "event":
            self._step(msgspec.json.decode(text, type=_Event))
        else:
            raise InputError(f'line {number}: "{kind}" has no place here')

    def _begin(self, header: _Header) -> None:
        if header.format != FORMAT:
            raise InputError(f'its format is "{header.format}"', f'this release reads "{FORMAT}"')
        self.own_keys = header.keys
        self._verified = verified_by(header.keys if self._keys is None else self._keys)

    def _walking(self) -> Walk:
        if self._walk is None:
            self._sound = sound_checkpoints(self._checkpoints, self._verified, self._flaws)
            self._walk = Walk(self._sound)
        return self._walk

    def _step(self, event: _Event) -> None:
        detail = bytes(event.detail).decode()
        self._last_day = event.at[:10]
        plain = {**msgspec.structs.asdict(event), "detail": None if detail == "null" else detail}
        self._flaws.add(self._walking().step(ChainedEvent(**plain)))

    def _close(self, statement: str) -> None:
        self._said = self._verified(statement) or {}
        if self._said.get("kind") != "export":
            self._flaws.add([Flaw(None, _PLACE, "its signature is not valid")])
            return
        self._closing = self._said
        if self._said.get("digest") != self._digest.hexdigest():
            what = f"it was signed for {self._said.get('lines')} other lines: some were edited"
            self._flaws.add([Flaw(None, "the file", what)])

    def _report(self) -> Report:
        walk = self._walking()
        if self._said is None:
            self._flaws.add([Flaw(None, _PLACE, "it is not there: the file is cut off")])
        head = walk.good
        if self._closing is not None:
            head = Head(*(self._closing[name] for name in Head.__struct_fields__))
        self._flaws.add(walk.end(head))
        self._flaws.add(walk.missing_checkpoints(one.day for one in self._checkpoints))
        last = max(self._sound, key=lambda one: one.seq, default=None)
        return Report(
            events=walk.good.count,
            erased=walk.erased,
            checkpoints=len(self._checkpoints),
            signed=walk.good.count if self._closing else (last.count if last else 0),
            signed_day=self._last_day if self._closing else (last.day if last else None),
            are_lots_known=False,
            flaws=tuple(self._flaws.first),
            flaw_count=self._flaws.count,
        )
