"""The ways zen-engine can be asked for the same decision, each from plain values."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import zen

from bench.measure import Contestant
from bench.rules import DECISION, values, zen_content

BATCH = 100

to_json = msgspec.json.Encoder().encode


def modes(rows: int) -> dict[str, Contestant]:
    """Return every way of asking, by name, for the rules of so many rows."""
    content = zen_content(rows)
    compiled = zen.ZenDecisionContent(json.dumps(content))
    static = static_engine(content)
    loading = zen.ZenEngine({"loader": lambda _key: compiled})
    made = zen.ZenEngine().create_decision(compiled)
    fetched = static.get_decision(DECISION)
    asks: dict[str, Contestant] = {
        "static loader, dict": Contestant(run=lambda: static.evaluate(DECISION, values())),
        "static loader, JSON": Contestant(run=lambda: static.evaluate(DECISION, to_json(values()))),
        "loader of compiled content, dict": Contestant(
            run=lambda: loading.evaluate(DECISION, values())
        ),
        "loader of compiled content, JSON": Contestant(
            run=lambda: loading.evaluate(DECISION, to_json(values()))
        ),
        "`create_decision` of compiled content, dict": Contestant(
            run=lambda: made.evaluate(values())
        ),
        "`get_decision` of the static loader, dict": Contestant(
            run=lambda: fetched.evaluate(values())
        ),
        f"static loader, batch of {BATCH} dicts": Contestant(
            run=lambda: static.evaluate_batch(
                [{"key": DECISION, "context": values()} for _ in range(BATCH)]
            ),
            jobs=BATCH,
        ),
        f"static loader, {BATCH} dicts awaited together": Contestant(
            run=lambda: asyncio.run(_together(static)), jobs=BATCH
        ),
    }
    return {f"zen-engine, {rows} rows: {how}": one for how, one in asks.items()}


def static_engine(content: dict[str, Any]) -> zen.ZenEngine:
    """Return an engine that holds the decision from the start, compiled."""
    return zen.ZenEngine({"loader": {"type": "static", "content": {DECISION: content}}})


async def _together(engine: zen.ZenEngine) -> list[Any]:
    found: list[Any] = await asyncio.gather(
        *(engine.async_evaluate(DECISION, values()) for _ in range(BATCH))
    )
    return found


def rows_fired(engine: zen.ZenEngine, decision: dict[str, Any]) -> set[str]:
    """Return the rows that an engine of `static_engine` says fired."""
    found = engine.evaluate(DECISION, to_json(decision))["result"]
    return {one["row"] for one in found}
