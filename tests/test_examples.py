"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import handraise

# Modules that only their own program can import.
LEFT_OUT = ("__main__", "migrations")


def _modules() -> list[str]:
    found = pkgutil.walk_packages(handraise.__path__, "handraise.")
    return sorted(
        module.name for module in found if not set(module.name.split(".")).intersection(LEFT_OUT)
    )


@pytest.mark.parametrize("name", ["handraise", *_modules()])
def test_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
