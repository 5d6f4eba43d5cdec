"""A made past of an agent that answers customers: drawn from a seed, with labels, money and times.

An agent's confidence is too high by a little, more wrong decisions lie below; most requests come
within office hours, some at night and at weekends.
"""

import csv
import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from handraise.cli.calibrated import json_of
from handraise.cli.examples import SUPPORT_TABLE
from handraise.service.backtesting.plan import Plan, Where
from handraise.service.backtesting.playing import Play
from handraise.service.backtesting.trying import tried
from handraise.service.calibrating import plan as calibrating
from handraise.service.calibrating.calibrate import calibrate
from handraise.service.reading.tables import open_table

START = datetime(2026, 8, 31, tzinfo=UTC)
COLUMNS = (
    "id",
    "at",
    "type",
    "action",
    "confidence",
    "correct",
    "stake",
    "proposal.refund",
    "proposal.monthly_change",
    "minutes",
)
WEIGHTS = {
    "refund_request": 24,
    "track_order": 22,
    "card_not_arrived": 14,
    "reset_password": 12,
    "invoice_copy": 10,
    "change_address": 8,
    "change_billing_plan": 6,
    "close_account": 3,
    "roaming_bill": 1,
}
ACTIONS = {
    "refund_request": "refund",
    "roaming_bill": "refund",
    "change_billing_plan": "change_billing",
    "close_account": "delete_account",
}
RIGHT = {"change_billing_plan": -1.0, "roaming_bill": -1.6, "refund_request": -0.3}


@dataclass(frozen=True)
class Files:
    """Where a table lies, and what was written of it."""

    table: Path
    backtest: Path
    calibrated: Path
    calibration: Path


def reported(folder: Path, count: int, *, table: str = SUPPORT_TABLE) -> Files:
    """Write a table, a made past, and what backtest and calibrate say of them."""
    files = Files(
        table=folder / "handraise.yaml",
        backtest=folder / "backtest.json",
        calibrated=folder / "calibrated.json",
        calibration=folder / "calibration.json",
    )
    files.table.write_text(table, encoding="utf-8")
    history = write_past(folder / "past.csv", count)
    plan = Plan(table=files.table, where=Where(paths=(history,)))
    play = Play(assumed_s=480.0, repetitions=5)
    found = tried(plan, open_table(files.table)[0], play, lambda _what, _share: None)
    files.backtest.write_bytes(msgspec.json.encode(found))
    asked = calibrating.Plan(
        table=files.table,
        paths=(history,),
        columns=calibrating.Columns(confidence="confidence", correct="correct", stake="stake"),
        max_error=0.03,
    )
    files.calibrated.write_bytes(msgspec.json.encode(json_of(calibrate(asked))))
    return files


def past(count: int, *, days: int = 60, seed: int = 7) -> list[dict[str, object]]:
    """Return so many decisions of the past, in the order of time."""
    draw = random.Random(seed)
    rows = [_decision(draw, days) for _ in range(count)]
    rows.sort(key=lambda row: str(row["at"]))
    return [{"id": f"T-{20_000 + place}", **row} for place, row in enumerate(rows)]


def write_past(path: Path, count: int, *, days: int = 60, seed: int = 7) -> Path:
    """Write a past as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(past(count, days=days, seed=seed))
    return path


def _decision(draw: random.Random, days: int) -> dict[str, object]:
    type = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    action = ACTIONS.get(type, "send_reply")
    logit = draw.gauss(2.9, 1.4) + RIGHT.get(type, 0.0)
    confidence = 1 / (1 + math.exp(-1.25 * logit - 0.2))
    row: dict[str, object] = {
        "at": _instant(draw, days).isoformat(),
        "type": type,
        "action": action,
        "confidence": round(confidence, 3),
        "correct": draw.random() < 1 / (1 + math.exp(-1.1 * logit - 0.4)),
        "stake": round(draw.lognormvariate(1.5, 0.6), 2),
        "minutes": round(draw.lognormvariate(1.9, 0.6), 1),
    }
    if action == "refund":
        row["stake"] = row["proposal.refund"] = round(draw.lognormvariate(4.6, 1.6), 2)
    if action == "change_billing":
        row["proposal.monthly_change"] = round(draw.lognormvariate(2.6, 1.1), 2)
        row["stake"] = round(12 * row["proposal.monthly_change"], 2)
    return row


def _instant(draw: random.Random, days: int) -> datetime:
    while True:
        day = START + timedelta(days=draw.randrange(days))
        if day.weekday() < 5 or draw.random() < 0.35:
            hour = draw.triangular(6, 24, 15) if draw.random() < 0.85 else draw.uniform(0, 24)
            return day + timedelta(seconds=int(hour * 3600) % 86_400)
