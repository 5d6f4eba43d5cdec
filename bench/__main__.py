"""`python -m bench [gate|store|people|start …] [--write FILE]`: measure, print, keep the report."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import gate, people, start, store
from bench.report import Part, as_markdown, print_part

PARTS: dict[str, Callable[[], Iterable[Part]]] = {
    "gate": gate.run,
    "store": store.run,
    "people": people.run,
    "start": start.run,
}


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all by default"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep the report in this file")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.parts if name not in PARTS]
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    found: list[Part] = []
    for name in arguments.parts or PARTS:
        for part in PARTS[name]():
            print_part(part)
            found.append(part)
    if arguments.write is not None:
        arguments.write.write_text(as_markdown(found), encoding="utf-8")


if __name__ == "__main__":
    main()
