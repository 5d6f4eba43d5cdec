"""Whether what calibrating needs is installed. Imports nothing before it is asked."""

from __future__ import annotations

from handraise.service.extras import need

CALIBRATION = {"numpy": "numpy", "scipy": "scipy"}
"""What is imported, and the name it is installed by."""


def need_calibration() -> None:
    """Make sure that what calibrating imports is there.

    Raises:
        SettingsError: one of the packages of the extra `backtest` is missing.
    """
    need(CALIBRATION, "calibrating", "backtest")
