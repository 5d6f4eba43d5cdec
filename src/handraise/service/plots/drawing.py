"""Charts become SVG, drawn once each.

What draws holds Python's lock for half a second, so it does so in a process of its own: the server
goes on serving. That process is given the chart and nothing else: no secret, no network address.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Generic, TypeVar

import msgspec

from handraise.errors import SettingsError

AT_ONCE = 2
LONGEST_S = 30.0
EACH_S = 3.0
NEEDS = ("altair", "vl_convert")
REMEDY = 'pip install "handraise[plots]"'

_PROGRAM = (
    "import json, sys, vl_convert; "
    "draw = vl_convert.vegalite_to_svg; "
    "json.dump([draw(one, show_warnings=False) for one in json.load(sys.stdin)], sys.stdout)"
)

T = TypeVar("T")


class Kept(Generic[T]):
    """The last things that were made, by what they were made of; few are made at once."""

    def __init__(self, most: int) -> None:
        """Begin with nothing.

        Args:
            most: how many are kept; the one that was not asked for longest goes.
        """
        self._most = most
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._kept)

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made of `key`; it is made if it is not there, once for all who wait."""
        found = self._found(key)
        if found is not None:
            return found
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            found = self._found(key)
            if found is None:
                found = self._made(key, make)
        return found

    def _made(self, key: Hashable, make: Callable[[], T]) -> T:
        try:
            with self._turns:
                made = make()
            with self._lock:
                self._kept[key] = made
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            return made
        finally:
            with self._lock:
                self._making.pop(key, None)

    def _found(self, key: Hashable) -> T | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found


def missing() -> str:
    """Return the package that drawing needs and that is not installed; empty where all are."""
    return next((name for name in NEEDS if find_spec(name) is None), "")


def warm_up() -> threading.Thread | None:
    """Begin to import in the background what charts are made with, so that nobody waits for it.

    Returns:
        the thread that does; None where nothing draws here.
    """
    if missing():
        return None
    thread = threading.Thread(
        target=lambda: import_module("altair"), name="handraise-plots", daemon=True
    )
    thread.start()
    return thread


def drawn(chart: str) -> bytes:
    """Return a chart as SVG.

    Args:
        chart: a Vega-Lite specification, JSON, with its values in it.

    Raises:
        SettingsError: what draws is not installed, or does not work here.
    """
    return drawn_together([chart])[0]


def drawn_together(charts: Sequence[str]) -> list[bytes]:
    """Return charts as SVG, drawn by one process: most of the time is spent on its beginning.

    Args:
        charts: as for `drawn`.

    Raises:
        SettingsError: as `drawn`.
    """
    if lacks := missing():
        raise SettingsError(f'plots need the package "{lacks}"', REMEDY)
    try:
        done = subprocess.run(  # noqa: S603 - this Python, and a program of ours
            [sys.executable, "-I", "-c", _PROGRAM],
            input=msgspec.json.encode(charts),
            capture_output=True,
            env={"TZ": "UTC"},
            timeout=LONGEST_S + EACH_S * len(charts),
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SettingsError(
            f"plots cannot be drawn here ({type(error).__name__})", f"try again: {REMEDY}"
        ) from None
    return [one.encode() for one in msgspec.json.decode(done.stdout, type=list[str])]
