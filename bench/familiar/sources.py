"""The rows that are learned and asked: CLINC150, ADBench, the demo's requests, and many made ones.

CLINC150 (Larson et al., 2019) and ADBench (Han et al., 2022) lie in the folder HANDRAISE_DATA
names, or beside the repository; what is not there is not measured.
"""

from __future__ import annotations

import csv
import json
import os
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from handraise.demo import requests as demo_requests

BESIDE = Path(__file__).parents[3] / "shared" / "data"
DATA = Path(os.environ.get("HANDRAISE_DATA") or BESIDE)
CLINC, ADBENCH = DATA / "clinc150", DATA / "adbench"
DEMO = Path(demo_requests.__file__).parent / "requests"

DROPPED = 0.15
"""The share of words that a made row leaves out."""

TABLE = """\
handraise: 1
agent: support-agent
owner: priya
people:
  priya: {{name: Priya Raman, contact: "mailto:priya@example.com"}}
  dana: {{name: Dana Reyes, contact: "mailto:dana@example.com"}}
routes: {{support_supervisor: [dana]}}
known: {known}/
facts: {{revenue_usd: number}}
escalate:
  confidence: {{below: 0.72, to: support_supervisor}}
  consequence: {{when: abs(revenue_usd) > 5000, to: owner}}
  novelty:
    - {{unknown: type, to: support_supervisor, tag: new situation}}
{unfamiliar}"""

UNFAMILIAR = "    - {unfamiliar: 5%, to: support_supervisor, tag: new situation}\n"


class Labelled(NamedTuple):
    """A request and its type."""

    text: str
    type: str


class Requests(NamedTuple):
    """Requests to learn from and to ask about.

    Attributes:
        fitted: what is learned.
        held_out: what calibrates; empty where the last fifth of each type does.
        familiar: further requests of the same types.
        foreign: requests of none of them.
    """

    fitted: Sequence[Labelled]
    held_out: Sequence[Labelled]
    familiar: Sequence[Labelled]
    foreign: Sequence[Labelled]


def clinc(size: str = "full", *, held_out: bool = True) -> Requests:
    """Return CLINC150: the training rows, the validation rows if asked for, both kinds of tests."""
    parts = json.loads((CLINC / f"data_{size}.json").read_text(encoding="utf-8"))
    found = {name: [Labelled(*row) for row in parts[name]] for name in parts}
    return Requests(
        found["train"], found["val"] if held_out else [], found["test"], found["oos_test"]
    )


def demo() -> Requests:
    """Return the demo's requests: the last fifth of each type is asked about."""
    by_type: dict[str, list[Labelled]] = {}
    for one in _read(DEMO / "familiar.csv"):
        by_type.setdefault(one.type, []).append(one)
    first = [one for rows in by_type.values() for one in rows[: len(rows) * 4 // 5]]
    last = [one for rows in by_type.values() for one in rows[len(rows) * 4 // 5 :]]
    return Requests(first, [], last, _read(DEMO / "unfamiliar.csv"))


def grown(rows: Sequence[Labelled], count: int) -> list[Labelled]:
    """Return so many rows: the first ones of each type, or all and variants of them.

    A variant lacks some words, and two of the others have changed places; the same each time.
    """
    by_type: dict[str, list[Labelled]] = {}
    for one in rows:
        by_type.setdefault(one.type, []).append(one)
    each = count // len(by_type)
    chance = random.Random(count)
    return [
        one if place < len(there) else Labelled(_varied(one.text, chance), one.type)
        for there in by_type.values()
        for place, one in enumerate((there * (1 + each // len(there)))[:each])
    ]


def tables() -> list[Path]:
    """Return the files of ADBench that are there."""
    return sorted(ADBENCH.glob("*.npz"))


def write_csv(path: Path, rows: Iterable[Labelled]) -> Path:
    """Write a labelled file with the columns `text` and `type`, and return it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer: Any = csv.writer(file)
        writer.writerow(Labelled._fields)
        writer.writerows(rows)
    return path


def write_table(folder: Path, known: str, *, unfamiliar: bool = True) -> Path:
    """Write a routing table whose learned files are in `known` beside it, and return it."""
    folder.mkdir(exist_ok=True)
    path = folder / "handraise.yaml"
    text = TABLE.format(known=known, unfamiliar=UNFAMILIAR if unfamiliar else "")
    path.write_text(text, encoding="utf-8")
    return path


def _read(path: Path) -> list[Labelled]:
    with path.open(encoding="utf-8", newline="") as file:
        return [Labelled(row["text"], row["type"]) for row in csv.DictReader(file)]


def _varied(text: str, chance: random.Random) -> str:
    words = text.split()
    kept = [word for word in words if chance.random() >= DROPPED] or words
    if len(kept) > 1:
        at = chance.randrange(len(kept) - 1)
        kept[at], kept[at + 1] = kept[at + 1], kept[at]
    return " ".join(kept)
