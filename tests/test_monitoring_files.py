"""The files in docs/monitoring ask for nothing but what a real scrape gives."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from handraise.web.api.figures import FIGURES, Figure
from handraise.web.api.metrics import Metrics
from tests.support.databases import migrated_file
from tests.support.operation import BIG, SURE, gate_of, opened

__all__ = ["migrated_file"]

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "monitoring"
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))
RULES = YAML(typ="safe").load(FOLDER / "alerts.yml")
SUFFIXES = ("_bucket", "_sum", "_count")


def panels() -> list[dict[str, Any]]:
    """Return the panels that show something."""
    return [one for one in DASHBOARD["panels"] if one["type"] != "row"]


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def filled_in(query: str) -> str:
    """Return a query as Grafana sends it."""
    return query.replace("$__rate_interval", "2m").replace("$agent", "support-agent")


QUERIES = [
    *(filled_in(target["expr"]) for panel in panels() for target in panel["targets"]),
    *(rule["expr"] for rule in rules()),
]


def selected(query: str) -> list[promql_parser.VectorSelector]:
    """Return what a query selects, wherever it stands in it."""
    found: list[promql_parser.VectorSelector] = []

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            found.append(part)
        if isinstance(part, promql_parser.MatrixSelector):
            found.append(part.vector_selector)

    promql_parser.walk(promql_parser.parse(query), visit)
    return found


def labels_asked(query: str) -> set[str]:
    """Return the labels by which a query chooses, groups and matches."""
    found: set[str] = set()

    def visit(part: promql_parser.Expr) -> None:
        modifier = getattr(part, "modifier", None)
        matching = getattr(modifier, "matching", None)
        for one in (modifier, matching):
            found.update(getattr(one, "labels", None) or ())

    promql_parser.walk(promql_parser.parse(query), visit)
    for one in selected(query):
        found.update(matcher.name for matcher in one.matchers.matchers)
    return found


def figure_of(name: str) -> Figure | None:
    """Return the figure that a series is of."""
    for figure in FIGURES:
        names = [figure.full_name]
        if figure.kind == "histogram":
            names = [f"{figure.full_name}{suffix}" for suffix in SUFFIXES]
        if name in names:
            return figure
    return None


@pytest.fixture
def scrape(tmp_path: Path, migrated_file: Path) -> Iterator[str]:
    """Return what a real operation gives to be read."""
    shutil.copy(migrated_file, tmp_path / "handraise.db")
    operation = opened(tmp_path)
    metrics = Metrics(operation)
    gate_of(operation).decide(**SURE)
    gate_of(operation).decide(**BIG)
    operation.worker.tick()
    yield metrics.text().decode()
    operation.close()


def test_every_query_asks_for_what_a_scrape_gives(scrape: str) -> None:
    given = set(re.findall(r"^# TYPE (\S+)", scrape, re.MULTILINE))
    for query in QUERIES:
        assert selected(query), query
        for one in selected(query):
            figure = figure_of(one.name)
            assert figure is not None, f"{one.name} in {query}"
            assert figure.full_name in given


def test_every_query_uses_labels_that_its_figures_have() -> None:
    for query in QUERIES:
        have = set()
        for one in selected(query):
            figure = figure_of(one.name)
            assert figure is not None, query
            own = {*figure.labels, *(("le",) if one.name.endswith("_bucket") else ())}
            assert {matcher.name for matcher in one.matchers.matchers} <= own, query
            have |= own
        assert labels_asked(query) <= have, query


def test_a_query_with_a_wrong_name_or_label_would_be_found() -> None:
    assert figure_of("handraise_decision_total") is None
    assert figure_of("handraise_answer_seconds") is None
    query = 'sum by (person) (rate(handraise_answers_total{name="x"}[5m])) / on (room) up'
    assert {one.name for one in selected(query)} == {"handraise_answers_total", "up"}
    assert labels_asked(query) == {"person", "name", "room"}


def test_counters_are_asked_for_by_their_growth() -> None:
    grown = {"rate", "increase"}
    for query in QUERIES:
        for call in re.finditer(r"(\w*)\(?(handraise_\w+(?:_total|_bucket|_sum|_count))\b", query):
            assert call[1] in grown, query


def test_the_scrape_can_be_read_by_prometheus(scrape: str) -> None:
    families = list(text_string_to_metric_families(scrape))
    assert {family.name for family in families} == {f"handraise_{one.name}" for one in FIGURES}
    assert all(family.documentation for family in families)


def test_the_dashboard_is_in_order() -> None:
    ids = [one["id"] for one in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    places = set()
    for one in DASHBOARD["panels"]:
        at = one["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not places & cells, one["title"]
        places |= cells
    for one in panels():
        assert one["title"]
        assert one["description"]
        refs = [target["refId"] for target in one["targets"]]
        assert len(refs) == len(set(refs))
        sources = [one["datasource"], *(target["datasource"] for target in one["targets"])]
        assert all(source["uid"] == "${datasource}" for source in sources)
    variables = {one["name"] for one in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD)))
    assert used <= variables | {"__rate_interval"}


def test_every_rule_says_what_it_means() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "means"}
        assert rule["labels"]["severity"] in {"page", "warn"}


def test_every_figure_is_described_where_it_is_documented() -> None:
    page = (ROOT / "docs" / "how-to" / "monitor.md").read_text("utf-8")
    written = set(re.findall(r"`(handraise_[a-z_]+)`", page))
    assert written == {one.full_name for one in FIGURES}
    for one in FIGURES:
        (line,) = [line for line in page.splitlines() if f"| `{one.full_name}`" in line]
        assert line.split("|")[2].strip() == ", ".join(one.labels)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts.test.yml"),
        ("check", "config", "prometheus.yml"),
    ],
    ids=" ".join,
)
def test_promtool_takes_the_files(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_takes_the_scrape(scrape: str) -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=scrape, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
