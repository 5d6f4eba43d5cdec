"""Small labelled requests, made up: types that differ in what they are about."""

import csv
from pathlib import Path
from typing import Any

ABOUT = {
    "refund": "money back for the broken kettle I bought",
    "delivery": "where is the parcel that should have come",
    "password": "reset my login because the code never works",
    "address": "we moved house so please change the street",
    "invoice": "send the bill for march as a document",
    "cancel": "end my contract before the next period begins",
    "roaming": "does my phone plan work in other countries",
    "speed": "the internet connection is slow every evening",
}
OPENERS = ("hello", "hi there", "please", "good morning", "dear team", "hey", "listen", "so")
CLOSERS = ("thanks", "bye", "as soon as possible", "today", "cheers", "many thanks", "in haste")


def request(type: str, number: int) -> str:
    """Return the n-th request of a type; the first 448 are different, and none stands out."""
    opener = OPENERS[number % len(OPENERS)]
    closer = CLOSERS[number % len(CLOSERS)]
    words = ABOUT[type].split()
    turn = (number + number // 56) % len(words)
    return f"{opener} {' '.join(words[turn:] + words[:turn])} {closer}"


def labelled(types: int = 8, each: int = 60, **facts: Any) -> list[dict[str, Any]]:
    """Return labelled rows in the order of time, the types in turn.

    Args:
        types: how many types.
        each: rows of each.
        facts: of each fact, what gives its value from the row's number.
    """
    return [
        {"body": request(type, number), "kind": type}
        | {name: value(number) for name, value in facts.items()}
        for number in range(each)
        for type in list(ABOUT)[:types]
    ]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Return a CSV file of rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
