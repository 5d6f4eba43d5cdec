"""Handraise: an escalation system for AI agents.

Three conditions, named humans, nothing goes silent. `handraise.open` gives the gate of a routing
table in this process, `handraise.connect` one on a server; both have the same face.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handraise.errors import (
    Error,
    GrantError,
    HumanNeeded,
    KeyConflictError,
    NotFoundError,
    StillOpenError,
    StoreUnavailableError,
    TableError,
)
from handraise.model import Decision, Reason, Resolution, Verdict

if TYPE_CHECKING:
    from handraise.core.confidence.stated.agreement import agreement_confidence
    from handraise.core.confidence.stated.combining import combined_confidence
    from handraise.core.confidence.stated.logprobs import choice_confidence, logprob_confidence
    from handraise.core.confidence.stated.verbal import verbal_confidence
    from handraise.service.deciding.aio import AsyncGate
    from handraise.service.deciding.gate import EmbeddedGate
    from handraise.service.deciding.remote import RemoteGate
    from handraise.service.granting.grants import Grant
    from handraise.service.granting.guarded import guarded
    from handraise.service.granting.verifying import once, verify_grant

__version__ = "0.1.0"

__all__ = [
    "AsyncGate",
    "Decision",
    "Error",
    "Grant",
    "GrantError",
    "HumanNeeded",
    "KeyConflictError",
    "NotFoundError",
    "Reason",
    "Resolution",
    "StillOpenError",
    "StoreUnavailableError",
    "TableError",
    "Verdict",
    "__version__",
    "agreement_confidence",
    "choice_confidence",
    "combined_confidence",
    "connect",
    "guarded",
    "logprob_confidence",
    "once",
    "open",
    "verbal_confidence",
    "verify_grant",
]

_LATER = {
    "AsyncGate": "handraise.service.deciding.aio",
    "Grant": "handraise.service.granting.grants",
    "agreement_confidence": "handraise.core.confidence.stated.agreement",
    "choice_confidence": "handraise.core.confidence.stated.logprobs",
    "combined_confidence": "handraise.core.confidence.stated.combining",
    "guarded": "handraise.service.granting.guarded",
    "logprob_confidence": "handraise.core.confidence.stated.logprobs",
    "once": "handraise.service.granting.verifying",
    "verbal_confidence": "handraise.core.confidence.stated.verbal",
    "verify_grant": "handraise.service.granting.verifying",
}
"""The public names that are imported when first asked for, so that importing this is light."""


def open(
    table: str | Path,
    *,
    store: str | None = None,
    rehearsal: bool = False,
    console: bool | None = None,
    worker: bool = True,
    **settings: Any,
) -> EmbeddedGate:
    """Return the gate of a routing table, embedded in this process.

    Everything is kept in SQLite beside the table unless `store` says otherwise. A worker runs in a
    thread of this process while no server holds that duty, so that timers and messages depend on
    nobody. Close the gate at the end; one that is forgotten is closed when the process ends.

    Args:
        table: the file, `handraise.yaml`.
        store: `sqlite:///path` or `postgresql://…`.
        rehearsal: practice: everything is marked as such, and nothing may be done.
        console: print messages instead of sending them: for development.
        worker: whether to run the worker here.
        settings: fields of `handraise.settings.Settings`, over those of the environment.

    Raises:
        InputError: the file cannot be read, or is a folder with several tables.
        TableError: the table has findings; they name `file:line:column`.
        SettingsError: a setting is missing, e.g. how mail is sent.
        StoreError: the store cannot be opened.
    """
    import atexit

    from handraise.service.wiring import assemble
    from handraise.settings import Settings

    chosen = Settings.from_environment(store_url=store, console=console, **settings)
    operation = assemble([Path(table)], chosen, rehearsal=rehearsal, yields=True, delivers=worker)
    try:
        gate = operation.face(Path(table))
    except BaseException:
        operation.close()
        raise
    atexit.register(operation.close)
    if worker:
        operation.start()
    return gate


def connect(url: str, key: str) -> RemoteGate:
    """Return the gate on a server, with the same face as the embedded one.

    Args:
        url: the server's address, e.g. `https://handraise.example.com`.
        key: the agent's key, from `handraise key add`.

    Raises:
        InputError: the address or the key is none.
    """
    from handraise.service.deciding.remote import RemoteGate

    return RemoteGate(url, key)


def __getattr__(name: str) -> Any:
    """Return a public name that is imported when first asked for."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'handraise' has no attribute {name!r}")
