"""The learned files of the tables: described when a table is read, loaded once for its gate.

A table's version names its learned files by their digest. What is loaded is those files or nothing:
a folder that holds others by now, that is damaged or gone makes every row `unfamiliar` fire.
INVARIANT: they are loaded in a thread of their own; a decision never waits for that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from handraise.core.familiar.look import Asked, CannotLookError, Familiar, Unusual
from handraise.core.table.types import Table
from handraise.errors import Error, InputError
from handraise.model import Learned
from handraise.service.logs import Log, crash_text

AGAIN_AFTER_S = 60.0
"""How long nobody tries to load what could not be loaded."""
READY_WITHIN_S = 10.0
"""How long the opening of a gate waits for a load, so that a healthy one is ready at once."""

LOADING = "the learned files are being loaded"
FROM_STORE = "the learned files are not here: this process has the table from its store only"
OTHERS = "the learned files are no longer those that the table names"
NEEDS_EXTRA = 'pip install "handraise[learn]"'

Loader = Callable[[Path, str], Familiar]
"""Loads the learned files of a folder; others than those of the digest are refused."""

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


def loaded(folder: Path, digest: str) -> Familiar:
    """Return the learned files of a folder, ready to be asked.

    Args:
        folder: where they are.
        digest: theirs; others are refused, before anything that they name is opened.

    Raises:
        InputError: what reads them is not installed.
        Error: there are none, or they cannot be read; says why.
    """
    try:
        from handraise.service.learning.learned_model import load
    except ImportError as error:
        raise _not_installed(error) from None
    return load(folder, digest)


def familiar_beside(table: Table, folder: Path) -> Familiar | None:
    """Return the learned files of a table whose file lies in a folder; None where it names none.

    It waits until they are loaded, or cannot be.
    """
    files = LearnedFiles()
    files.register(table.agent, folder)
    return files.of(table, wait_s=None)


class LearnedFiles:
    """Keeps what was loaded, by digest, and where each agent's table lies."""

    def __init__(
        self, load: Loader = loaded, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with nothing loaded.

        Args:
            load: loads learned files.
            monotonic: tells seconds that only grow; says when to try again.
        """
        self._load = load
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._folders: dict[str, Path] = {}
        self._kept: dict[tuple[str, str], _Kept] = {}

    def register(self, agent: str, folder: Path) -> None:
        """Keep the folder of an agent's table; its learned files are named from there."""
        with self._lock:
            self._folders[agent] = folder

    def folder_of(self, agent: str) -> Path | None:
        """Return the folder of an agent's table; None where no file of it was opened here."""
        with self._lock:
            return self._folders.get(agent)

    def of(self, table: Table, *, wait_s: float | None = READY_WITHIN_S) -> Familiar | None:
        """Return the learned files of a table; None where it names none.

        What is not loaded yet, or cannot be, is returned all the same: it cannot be asked, and says
        why. What could not be loaded is tried again every minute.

        Args:
            table: which names them.
            wait_s: how long their loading may take until this returns; None waits for its end.
        """
        return self._of(table, wait_s)

    def loaded(self, table: Table) -> tuple[Familiar | None, str]:
        """Return the learned files of a table as they were loaded, and why not if they were not.

        Both are empty where the table names none.
        """
        kept = self._of(table, READY_WITHIN_S)
        return (None, "") if kept is None else kept.state

    def _of(self, table: Table, wait_s: float | None) -> _Kept | None:
        learned = table.known.learned
        if learned is None:
            return None
        key = (table.agent, learned.digest)
        with self._lock:
            folder = self._folders.get(table.agent)
            kept = self._kept.get(key)
            if kept is None or kept.beside != folder:
                kept = self._kept[key] = _Kept(
                    table.agent, learned, folder, self._load, self._monotonic
                )
        kept.begin_to_load()
        kept.wait(wait_s)
        return kept


class _Kept:
    """The learned files of one digest: loaded, or why not."""

    def __init__(
        self,
        agent: str,
        learned: Learned,
        beside: Path | None,
        load: Loader,
        monotonic: Callable[[], float],
    ) -> None:
        self.beside = beside
        self._load = load
        self._agent = agent
        self._learned = learned
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._loaded: Familiar | None = None
        self._why = FROM_STORE if beside is None else LOADING
        self._loading: threading.Thread | None = None
        self._begun_at = 0.0

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
        self.begin_to_load()
        loaded = self._loaded
        if loaded is None:
            raise CannotLookError(self._why)
        return loaded

    def begin_to_load(self) -> None:
        """Load the files in a thread, unless they are loaded or were tried a moment ago."""
        if self._loaded is not None or self.beside is None:
            return
        with self._lock:
            last, now = self._loading, self._monotonic()
            is_new = last is None or now - self._begun_at >= AGAIN_AFTER_S
            if self._loaded is not None or not is_new or (last is not None and last.is_alive()):
                return
            self._begun_at = now
            folder = self.beside / self._learned.folder
            loading = threading.Thread(
                target=self._try, args=(folder,), name="handraise-learned", daemon=True
            )
            loading.start()
            self._loading = loading

    def wait(self, wait_s: float | None) -> None:
        """Wait until a load that goes on is over, or has taken so long; None waits for its end."""
        loading = self._loading
        if loading is None or self._loaded is not None:
            return
        taken_s = self._monotonic() - self._begun_at
        loading.join(None if wait_s is None else max(wait_s - taken_s, 0.0))

    def _try(self, folder: Path) -> None:
        places = ""
        try:
            found = self._found(folder)
            if found.digest == self._learned.digest:
                self._loaded = found
                return
            why = OTHERS
        except Error as error:
            why = error.message
        except BaseException as error:  # noqa: BLE001 - it runs what others wrote, in a thread
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
        place = earlier if (earlier / "manifest.json").is_file() else folder
        return self._load(place, self._learned.digest)


def _not_installed(error: ImportError) -> InputError:
    what = error.name or "a package"
    return InputError(f"learned files cannot be read here: {what} is not installed", NEEDS_EXTRA)
