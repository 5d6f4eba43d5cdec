"""Whether what learning needs is installed. Imports nothing before it is asked."""

from __future__ import annotations

from handraise.service.extras import need

NEEDED = {"numpy": "numpy", "scipy": "scipy", "sklearn": "scikit-learn"}
"""What is imported, and the name it is installed by."""


def need_learn() -> None:
    """Make sure that the extra `learn` is there.

    Raises:
        SettingsError: one of its packages is missing.
    """
    need(NEEDED, "learning", "learn")
