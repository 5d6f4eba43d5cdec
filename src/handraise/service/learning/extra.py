"""Whether what learning needs is installed. Imports nothing before it is asked."""

from __future__ import annotations

from importlib import import_module

from handraise.errors import SettingsError

NEEDED = {"numpy": "numpy", "scipy": "scipy", "sklearn": "scikit-learn"}
"""What is imported, and the name it is installed by."""


def need_learn() -> None:
    """Make sure that the extra `learn` is there.

    Raises:
        SettingsError: one of its packages is missing.
    """
    for module, package in NEEDED.items():
        try:
            import_module(module)
        except ImportError:
            raise SettingsError(
                f"{package} is not installed: learning needs it", "pip install 'handraise[learn]'"
            ) from None
