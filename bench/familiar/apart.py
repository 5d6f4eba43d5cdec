"""Runs one measurement in a fresh process on one core, and says what memory it took.

Each is minutes long: that it is done, and how busy the machine was, goes to the standard errors.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

Found = TypeVar("Found")

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What linear algebra reads when it is loaded."""


def apart(measure: Callable[..., Found], *arguments: Any) -> Found:
    """Return what a function of a module returns in a fresh process that has one core.

    Args:
        measure: found by its name in the other process, as its arguments and answer must be.
        arguments: its arguments.
    """
    with (
        _one_thread(),
        ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_one_core) as pool,
    ):
        begun = time.perf_counter()
        found = pool.submit(measure, *arguments).result()
    named = " ".join(str(one) for one in arguments if isinstance(one, str | int))
    took = time.perf_counter() - begun
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    sys.stderr.write(f"{measure.__name__} {named}: {took:.0f} s{busy}\n")
    return found


def peak_mb() -> float:
    """Return the most memory this process has held, in MB; NaN where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    found = next((line for line in lines if line.startswith("VmHWM:")), "VmHWM: nan kB")
    return float(found.split()[1]) / 1024


def _one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})


@contextmanager
def _one_thread() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
