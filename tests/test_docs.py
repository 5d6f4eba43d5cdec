"""The documents tell the truth: examples run, links lead somewhere, what is promised is listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import handraise
from handraise import errors
from handraise.core.table.read import read
from handraise.demo.example import MISSION_TABLE
from handraise.settings import VARIABLES
from handraise.web.api.table import ENDPOINTS

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_whole_table_in_the_documents_can_be_used(page: Path) -> None:
    for block in blocks(page, "yaml"):
        if block.startswith("handraise: 1"):
            assert [finding.line_text() for finding in read(block).errors] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_python_example_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handraise.yaml").write_text(MISSION_TABLE, "utf-8")
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_smallest_table_of_the_readme_is_the_one_that_init_writes() -> None:
    (block,) = blocks(ROOT / "README.md", "yaml")
    ours, written = read(block).table, read(MISSION_TABLE).table
    assert ours is not None
    assert written is not None
    assert ours.rows[0].below == written.rows[0].below
    assert (ours.people, ours.routes, ours.known) == (written.people, written.routes, written.known)


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    assert [name for name, _ in VARIABLES.values() if f"`{name}`" not in text] == []


def test_every_error_is_documented_with_its_status_and_exit_code() -> None:
    text = (ROOT / "docs/reference/errors.md").read_text("utf-8")
    for kind, status in errors.HTTP_STATUS.items():
        row = f"| `{kind.__name__}` | `{kind.code}` | {status} | {errors.EXIT_CODE[kind]} |"
        assert row in text


def test_every_public_name_is_documented() -> None:
    text = (ROOT / "docs/reference/python.md").read_text("utf-8")
    assert [
        name for name in handraise.__all__ if f"`{name}" not in text and name != "__version__"
    ] == []


def test_every_endpoint_is_documented() -> None:
    text = (ROOT / "docs/reference/http.md").read_text("utf-8")
    missing = [
        f"{one.method} {one.path}" for one in ENDPOINTS if f"`{one.method} {one.path}`" not in text
    ]
    assert missing == []
