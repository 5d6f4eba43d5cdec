"""A store with nothing in it, and what looks at a table in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from handraise.store import Store, open_store
from tests.support.databases import migrated_file

__all__ = ["migrated_file"]


@pytest.fixture
def store(tmp_path: Path, migrated_file: Path) -> Iterator[Store]:
    """An empty store beside where a table may be written."""
    place = shutil.copy(migrated_file, tmp_path / "handraise.db")
    opened = open_store(f"sqlite:///{place}")
    yield opened
    opened.close()
