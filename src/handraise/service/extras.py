"""Whether what an extra brings is installed. Imports nothing before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from handraise.errors import SettingsError

SIMULATION = {"numpy": "numpy", "scipy": "scipy", "simpy": "simpy"}
"""What the simulation imports, and the name it is installed by."""


BACKTEST = {"duckdb": "duckdb", **SIMULATION}
"""What a backtest imports, and the name it is installed by."""


PROVE = {"z3": "z3-solver"}
"""What a proof imports, and the name it is installed by."""


PUSH = {"pywebpush": "pywebpush", "py_vapid": "pywebpush"}
"""What telling devices imports, and the name it is installed by."""


OPENID = {"authlib": "Authlib"}
"""What OpenID Connect imports, and the name it is installed by."""


def need(packages: Mapping[str, str], what: str, extra: str) -> None:
    """Make sure that an extra is there.

    Args:
        packages: what is imported, and the name it is installed by.
        what: what needs them, e.g. `the simulation`.
        extra: the name of the extra.

    Raises:
        SettingsError: one of its packages is missing.
    """
    for module, package in packages.items():
        try:
            import_module(module)
        except ImportError:
            raise SettingsError(
                f"{package} is not installed: {what} needs it", f"pip install 'handraise[{extra}]'"
            ) from None


def need_simulation() -> None:
    """Make sure that the simulation can be imported.

    Raises:
        SettingsError: one of the packages of the extra `backtest` is missing.
    """
    need(SIMULATION, "the simulation", "backtest")


def need_prove() -> None:
    """Make sure that claims can be proved.

    Raises:
        SettingsError: the package of the extra `prove` is missing.
    """
    need(PROVE, "a proof", "prove")


def need_backtest() -> None:
    """Make sure that a backtest can be run.

    Raises:
        SettingsError: one of the packages of the extra `backtest` is missing.
    """
    need(BACKTEST, "a backtest", "backtest")


def need_push() -> None:
    """Make sure that devices can be told.

    Raises:
        SettingsError: the package of the extra `push` is missing.
    """
    need(PUSH, "telling devices", "push")
