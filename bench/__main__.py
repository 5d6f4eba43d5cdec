"""`python -m bench [gate|store|people|…|proof|familiar …] [--write FILE]`: measure, keep.

`familiar` takes a quarter of an hour and rows that are no part of the project, `scrape` nine
gigabytes of disk, `pages` a quarter of an hour and six gigabytes: only by their names.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import (
    backtest,
    confidence,
    counting,
    gate,
    lots,
    pages,
    people,
    proof,
    scrape,
    simulation,
    start,
    store,
    watch,
)
from bench.familiar import cost, growth, known_types, requests, splits, tables
from bench.report import Figures, Part, as_markdown, print_part, renewed

Run = Callable[[], Iterable[Part | Figures]]

PARTS: dict[str, Run] = {
    "gate": gate.run,
    "lots": lots.run,
    "store": store.run,
    "people": people.run,
    "start": start.run,
    "confidence": confidence.run,
    "backtest": backtest.run,
    "simulation": simulation.run,
    "proof": proof.run,
    "watch": watch.run,
    "counting": counting.run,
}
FAMILIAR: dict[str, Run] = {
    "familiar-requests": requests.run,
    "familiar-growth": growth.run,
    "familiar-gate": cost.run,
    "familiar-types": known_types.run,
    "familiar-splits": splits.run,
    "familiar-tables": tables.run,
}
BY_NAME: dict[str, Run] = {"scrape": scrape.run, "pages": pages.run}
"""Take minutes and gigabytes of disk."""

WHOLE = "familiar"
"""Stands for all of `FAMILIAR`."""


def main() -> None:
    """Measure what the command line names."""
    choices = [*PARTS, *BY_NAME, WHOLE, *FAMILIAR]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"{', '.join(choices)}; {', '.join(PARTS)} if none"
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help="keep the report in this file; of named parts, renew theirs in it",
    )
    arguments = parser.parse_args()
    unknown = [name for name in arguments.parts if name not in choices]
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}; choose from {', '.join(choices)}")
    found: list[Part | Figures] = []
    for name in arguments.parts or PARTS:
        for run in FAMILIAR.values() if name == WHOLE else [{**PARTS, **BY_NAME, **FAMILIAR}[name]]:
            for part in run():
                print_part(part)
                found.append(part)
    if arguments.write is not None:
        write(arguments.write, found, head=not arguments.parts)


def write(file: Path, found: list[Part | Figures], *, head: bool) -> None:
    """Write a report; where there is one, only what was measured is renewed in it."""
    if file.exists():
        text = renewed(file.read_text(encoding="utf-8"), found, head=head)
    else:
        text = as_markdown(found)
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
