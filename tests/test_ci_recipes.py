"""The CI recipes in docs/ci: read as YAML, their commands run by a shell in a real repository."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.support_table import TABLE

RECIPES = Path(__file__).parent.parent / "docs" / "ci"
CLAIM = """claims:
  - {name: big money meets finance, when: abs(revenue_usd) > 5000, reaches: finance}
"""
SOUND = TABLE.replace("several: every\n", f"several: every\n{CLAIM}")
STRICTER = SOUND.replace("below: 0.72", "below: 0.8")
LOOSER = SOUND.replace("below: 0.72", "below: 0.6")
ELSEWHERE = ("pip ", "gh ")
"""What a recipe runs that is not ours, or needs a network."""


def recipe(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((RECIPES / name).read_text("utf-8"))


def of_github() -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = recipe("github-actions.yml")["jobs"]["review"]["steps"]
    return [one for one in steps if "run" in one and not one["run"].startswith(ELSEWHERE)]


def of_gitlab() -> list[str]:
    script: list[str] = recipe("gitlab-ci.yml")["routing-table"]["script"]
    return [one for one in script if not one.startswith(ELSEWHERE)]


class Repository:
    """A git repository with a table on its main branch and another one checked out."""

    def __init__(self, place: Path, before: str, after: str) -> None:
        self.folder = place / "checkout"
        self.folder.mkdir()
        self.summary = place / "summary.md"
        programs = place / "bin"
        programs.mkdir()
        program = programs / "handraise"
        program.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -c '
            '"from handraise.cli import main; main()" "$@"\n',
            "utf-8",
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        self.environment = {**os.environ, **nobody, "PATH": path, "TABLE": "handraise.yaml"}
        self.environment |= {"GITHUB_STEP_SUMMARY": str(self.summary)}
        self.run("git init -q -b main")
        base = self.commit(before)
        self.environment |= {"BASE": base, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
        self.commit(after)

    def commit(self, text: str) -> str:
        (self.folder / "handraise.yaml").write_text(text, "utf-8")
        self.run(
            "git add handraise.yaml && "
            "git -c user.name=Nora -c user.email=nora@example.com commit -q -m 'A table'"
        )
        return self.run("git rev-parse HEAD").stdout.strip()

    def run(self, script: str, *, expected: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == expected, (script, done.stdout, done.stderr)
        return done


def test_a_looser_table_is_commented_on_and_refused_by_the_last_step_alone(
    tmp_path: Path,
) -> None:
    repository = Repository(tmp_path, SOUND, LOOSER)
    *steps, last = of_github()
    repository.run("\n".join(step["run"] for step in steps))
    summary = repository.summary.read_text("utf-8")
    assert summary.startswith("## Routing table of support-agent\n")
    assert "A decision goes ahead now that stopped before" in summary
    assert "| row confidence.1 | its confidence is below 0.72 |" in summary
    assert "looser on purpose" in last["if"]
    repository.run(last["run"], expected=1)


def test_a_stricter_table_passes_the_recipe_for_gitlab(tmp_path: Path) -> None:
    repository = Repository(tmp_path, SOUND, STRICTER)
    *_, worktree, compare, refuse = of_gitlab()  # what stands before is the same in both recipes
    repository.run("\n".join([worktree, compare, refuse]))
    assert "at least as strict" in (repository.folder / "review.md").read_text("utf-8")


def test_both_recipes_ask_the_same_questions() -> None:
    asked = [line for step in of_github() for line in step["run"].splitlines()]
    ours = [line for line in asked if line.startswith("handraise ")]
    assert [line for line in of_gitlab() if line.startswith("handraise ")] == ours
    assert len(ours) == 5


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_no_recipe_puts_what_others_wrote_into_a_command(name: str) -> None:
    text = (RECIPES / name).read_text("utf-8")
    scripts = [one["run"] for one in of_github()] if name.startswith("github") else of_gitlab()
    assert all("${{" not in script for script in scripts)
    assert "pull_request_target" not in text
