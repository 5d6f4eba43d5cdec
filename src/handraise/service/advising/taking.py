"""Advice taken up: its change written into the table's file, as a draft.

INVARIANT: the file is replaced only where it holds the version that was advised on, by a text that
reads as a table without new errors. It is in force once it is published, as any change.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from handraise.core.table.patch import patched
from handraise.errors import InputError, TableError
from handraise.model import Advice
from handraise.service.advising.advising import Advising
from handraise.service.reading.replacing import replaced
from handraise.service.reading.tables import read_table


class TakenUp(Struct, frozen=True, kw_only=True):
    """Advice that was taken up.

    Attributes:
        advice: as it stands now.
        path: the table's file, where it was changed; None where there was nothing to change.
        version: of the table in the file now; None where there was nothing to change.
    """

    advice: Advice
    path: Path | None = None
    version: str | None = None


def take_up(advising: Advising, advice_id: str, person: str, path: Path) -> TakenUp:
    """Write what is advised into the table's file, and note who took it up.

    Args:
        advising: keeps the advice.
        advice_id: which.
        person: the owner of the table.
        path: the table's file.

    Raises:
        NotFoundError, AccessError, AlreadyAnsweredError: as `Advising.open_for`.
        InputError: the file cannot be read or written, or changed since.
        TableError: the table has errors, or would have.
    """
    advice = advising.open_for(advice_id, person)
    if not advice.change:
        return TakenUp(advice=advising.taken(advice_id, person))
    before = read_table(path)
    if before.table is None:
        raise TableError(before.errors)
    if (before.table.agent, before.table.version) != (advice.agent, advice.version):
        raise InputError(
            f"{path}: holds version {before.table.version} of {before.table.agent}, and the advice "
            f"is on {advice.version} of {advice.agent}",
            "it changed since: write the change by hand, or wait for advice on what is in force",
        )
    content = path.read_bytes()
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    try:
        text = patched(content.decode("utf-8-sig"), advice.change)
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from None
    after = read_table(path, text=text)
    if after.table is None:
        raise TableError(after.errors)
    replaced(path, mark + text.encode())
    try:
        taken = advising.taken(advice_id, person)
    except BaseException:
        replaced(path, content)
        raise
    return TakenUp(advice=taken, path=path, version=after.table.version)
