"""Which version of each agent's table was signed for last, by the records that are believed.

A withdrawal names the version that it ends: who is asked and who owns the agent is read from that
one until another is signed for. INVARIANT: a record that is not believed, or cannot be read,
changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from handraise.model import ReadyRecord
from handraise.store import Store


class SignedVersions:
    """Knows the version of each agent's table that its owner signed for last."""

    def __init__(self, store: Store) -> None:
        """Read what the store has; until it is told whom to believe, every record counts."""
        self._store = store
        self._lock = threading.Lock()
        self._versions: dict[str, str] = {}
        self._noted: dict[str, ReadyRecord] = {}
        self._is_ours: Callable[[ReadyRecord], bool] = lambda _record: True
        self._begin()

    def believe(self, is_ours: Callable[[ReadyRecord], bool]) -> None:
        """Go by records that are ours alone from now on.

        Args:
            is_ours: whether a record, which signs or withdraws, was written by this operation.
        """
        self._is_ours = is_ours
        with self._lock:
            self._versions, self._noted = {}, {}
        self._begin()

    def version(self, agent: str) -> str | None:
        """Return the version of an agent that was signed for last, withdrawn or not; or None."""
        with self._lock:
            return self._versions.get(agent)

    def refresh(self) -> None:
        """Take up what other processes signed for."""
        for record in self._store.newest_ready_records():
            self.note(record)

    def note(self, record: ReadyRecord) -> None:
        """Take up that a go-live record is its agent's newest, if it is ours."""
        with self._lock:
            known = self._noted.get(record.agent)
        if known is not None and (known == record or record.at < known.at):
            return
        if self._is_ours(record):
            with self._lock:
                self._noted[record.agent] = record
                self._versions[record.agent] = record.version
        elif self.version(record.agent) is None:
            self._take_up(record.agent, self._store.ready_versions().get(record.agent, ()))

    def _begin(self) -> None:
        for agent, versions in self._store.ready_versions().items():
            self._take_up(agent, versions)

    def _take_up(self, agent: str, versions: Sequence[str]) -> None:
        """Take up the version of an agent whose record is ours and the newest such.

        Where that record is damaged, or none is ours, it is the version that the record of events
        names last: no draft takes its place.

        Args:
            agent: whose.
            versions: for which there are records, the newest first.
        """
        if not versions:
            return
        _, said = self._store.ready_and_said(agent)
        named = "" if said is None else str(said.detail.get("version"))
        records = {version: self._store.ready_record(agent, version) for version in versions}
        ours = [id for id, one in records.items() if one is not None and self._is_ours(one)]
        is_damaged = named in records and records[named] is None
        if ours and not is_damaged:
            named = ours[0]
        with self._lock:
            self._versions[agent] = named if named in records else versions[0]
