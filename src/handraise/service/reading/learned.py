"""The learned files of the tables: described when a table is read, loaded once for its gate.

A table's version names its learned files by their digest. What is loaded is those files or nothing:
a folder that holds others by now, that is damaged or gone makes every row `unfamiliar` fire.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from handraise.clock import Clock, SystemClock
from handraise.core.familiar.look import Asked, CannotLookError, Familiar, Unusual
from handraise.core.table.types import Table
from handraise.errors import Error, InputError
from handraise.model import Learned
from handraise.service.logs import Log, crash_text

AGAIN_AFTER = timedelta(seconds=60)
"""How long nobody tries to load what could not be loaded."""

FROM_STORE = "the learned files are not here: this process has the table from its store only"
NEEDS_EXTRA = 'pip install "handraise[learn]"'

Loader = Callable[[Path], Familiar]

log = Log(__name__)


def describe(folder: Path) -> tuple[Learned, tuple[str, ...]]:
    """Return what the learned files of a folder say of themselves, and the known types.

    Raises:
        InputError: what reads them is not installed.
        Error: there are none, or they cannot be read; says why.
    """
    try:
        from handraise.service.learning.artifact import described
    except ImportError as error:
        raise _not_installed(error) from None
    return described(folder)


def loaded(folder: Path) -> Familiar:
    """Return the learned files of a folder, ready to be asked.

    Raises:
        InputError: what reads them is not installed.
        Error: there are none, or they cannot be read; says why.
    """
    try:
        from handraise.service.learning.learned_model import load
    except ImportError as error:
        raise _not_installed(error) from None
    return load(folder)


def familiar_beside(table: Table, folder: Path) -> Familiar | None:
    """Return the learned files of a table whose file lies in a folder; None where it names none."""
    files = LearnedFiles(SystemClock())
    files.register(table.agent, folder)
    return files.of(table)


class LearnedFiles:
    """Keeps what was loaded, by digest, and where each agent's table lies."""

    def __init__(self, clock: Clock, load: Loader = loaded) -> None:
        """Begin with nothing loaded."""
        self._clock = clock
        self._load = load
        self._lock = threading.Lock()
        self._folders: dict[str, Path] = {}
        self._kept: dict[tuple[str, str], _Kept] = {}

    def register(self, agent: str, folder: Path) -> None:
        """Keep the folder of an agent's table; its learned files are named from there."""
        with self._lock:
            self._folders[agent] = folder

    def of(self, table: Table) -> Familiar | None:
        """Return the learned files of a table, loaded; None where it names none.

        What cannot be loaded now is returned all the same: it cannot be asked, and says why. It is
        tried again every minute.
        """
        return self._of(table)

    def loaded(self, table: Table) -> tuple[Familiar | None, str]:
        """Return the learned files of a table as they were loaded, and why not if they were not.

        Both are empty where the table names none.
        """
        kept = self._of(table)
        return (None, "") if kept is None else kept.state

    def _of(self, table: Table) -> _Kept | None:
        learned = table.known.learned
        if learned is None:
            return None
        key = (table.agent, learned.digest)
        with self._lock:
            folder = self._folders.get(table.agent)
            kept = self._kept.get(key)
            if kept is None or kept.beside != folder:
                kept = self._kept[key] = _Kept(
                    table.agent, learned, folder, self._clock, self._load
                )
        kept.try_to_load()
        return kept


class _Kept:
    """The learned files of one digest: loaded, or why not."""

    def __init__(
        self, agent: str, learned: Learned, beside: Path | None, clock: Clock, load: Loader
    ) -> None:
        self.beside = beside
        self._load = load
        self._agent = agent
        self._learned = learned
        self._clock = clock
        self._lock = threading.Lock()
        self._loaded: Familiar | None = None
        self._why = FROM_STORE
        self._tried_at: datetime | None = None

    @property
    def digest(self) -> str:
        """The digest of the learned files."""
        return self._learned.digest

    @property
    def state(self) -> tuple[Familiar | None, str]:
        """The learned files, and why they could not be loaded; one of the two is empty."""
        loaded = self._loaded
        return loaded, "" if loaded is not None else self._why

    def p_value(self, asked: Asked) -> float:
        """Return the share of familiar decisions at least as unusual as this one, in (0, 1].

        Raises:
            CannotLookError: it cannot be told, and why.
        """
        return self._ready().p_value(asked)

    def unusual(self, asked: Asked, rate: float) -> tuple[Unusual, ...]:
        """Return what is unusual about a decision, the most unusual first.

        Raises:
            CannotLookError: it cannot be told, and why.
        """
        return self._ready().unusual(asked, rate)

    def _ready(self) -> Familiar:
        self.try_to_load()
        loaded = self._loaded
        if loaded is None:
            raise CannotLookError(self._why)
        return loaded

    def try_to_load(self) -> None:
        """Load the files, unless they are loaded or were tried a moment ago."""
        if self._loaded is not None or self.beside is None:
            return
        with self._lock:
            now = self._clock.now()
            is_new = self._tried_at is None or now - self._tried_at >= AGAIN_AFTER
            if self._loaded is not None or not is_new:
                return
            self._tried_at = now
            self._try(self.beside / self._learned.folder)

    def _try(self, folder: Path) -> None:
        places = ""
        try:
            found = self._found(folder)
            if found.digest == self._learned.digest:
                self._loaded = found
                return
            why = "the learned files are no longer those that the table names"
        except Error as error:
            why = error.message
        except Exception as error:  # noqa: BLE001 - what cannot be loaded makes the row fire
            why = f"the learned files cannot be loaded ({type(error).__name__})"
            places = crash_text(error)
        if why != self._why:
            self._why = why
            log.error("learned files cannot be used", agent=self._agent, why=why, places=places)

    def _found(self, folder: Path) -> Familiar:
        """Return the learned files of a folder: those the table names, or else the newest.

        After `learn`, and until the table is signed again, the ones before are still in force.
        """
        earlier = folder / self._learned.digest[:16]
        return self._load(earlier if (earlier / "manifest.json").is_file() else folder)


def _not_installed(error: ImportError) -> InputError:
    what = error.name or "a package"
    return InputError(f"learned files cannot be read here: {what} is not installed", NEEDS_EXTRA)
