"""Every story ends with two questions: what nobody expected, and whether its record is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import any_url, migrated_file, postgres, sqlite_url
from tests.support.story import Story

__all__ = ["any_url", "migrated_file", "postgres", "sqlite_url"]


@pytest.fixture
def tell(tmp_path: Path, migrated_file: Path) -> Iterator[Callable[..., Story]]:
    """Return what begins a story; at the end no message may be left unexpected."""
    stories: list[Story] = []
    shutil.copy(migrated_file, tmp_path / "handraise.db")

    def begin(*args: Any, **fields: Any) -> Story:
        stories.append(Story(tmp_path, *args, **fields))
        return stories[-1]

    yield begin
    for story in stories:
        story.whole()
        story.close()
    for story in stories:
        story.quiet()


@pytest.fixture
def story(tell: Callable[..., Story]) -> Story:
    """Return a story with the usual table, on a Monday morning."""
    return tell()
