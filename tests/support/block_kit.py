"""What Slack refuses of messages and forms, by the limits of Block Kit as its reference states them."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

BUTTON = {"type", "text", "action_id", "value", "style", "url", "confirm"}
INPUTS = {
    "plain_text_input": {"multiline", "max_length", "initial_value"},
    "number_input": {"is_decimal_allowed", "initial_value"},
    "static_select": {"options", "initial_option"},
    "datepicker": {"initial_date"},
}


def message_problems(said: dict[str, Any]) -> list[str]:
    """Return what Slack would refuse of a message; empty for nothing."""
    found = [] if 0 < len(said.get("text", "")) <= 40_000 else ["text: empty or too long"]
    blocks = said.get("blocks")
    if not isinstance(blocks, list) or not 0 < len(blocks) <= 50:
        return [*found, "blocks: none, or more than 50"]
    if len(json.dumps(blocks)) > 60_000:
        found.append("blocks: too long")
    for place, block in enumerate(blocks):
        found += [f"{place}: {what}" for what in _block(block, modal=False)]
    return found


def view_problems(view: dict[str, Any]) -> list[str]:
    """Return what Slack would refuse of a form; empty for nothing."""
    found = [] if view.get("type") == "modal" else ["type: no modal"]
    blocks = view.get("blocks", [])
    if not 0 < len(blocks) <= 100:
        found.append("blocks: none, or more than 100")
    for name in ("title", "submit", "close"):
        if name in view or name == "title":
            found += _plain(view.get(name), 24, name)
    if any(block.get("type") == "input" for block in blocks) and "submit" not in view:
        found.append("submit: missing")
    if len(view.get("private_metadata", "")) > 3000 or len(view.get("callback_id", "")) > 255:
        found.append("private_metadata or callback_id: too long")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        found.append("block_id: twice")
    for place, block in enumerate(blocks):
        found += [f"{place}: {what}" for what in _block(block, modal=True)]
    return found


def _plain(text: Any, most: int, name: str) -> list[str]:
    if not isinstance(text, dict) or set(text) != {"type", "text", "emoji"}:
        return [f"{name}: no text"]
    if text["type"] != "plain_text" or text["emoji"] is not False:
        return [f"{name}: not plain"]
    if not 0 < len(text["text"]) <= most:
        return [f"{name}: empty or longer than {most}"]
    return []


def _block(block: dict[str, Any], *, modal: bool) -> list[str]:
    kind = block.get("type")
    if len(block.get("block_id", "x")) > 255:
        return ["block_id: too long"]
    match kind:
        case "header":
            return _plain(block.get("text"), 150, "header")
        case "section":
            return _section(block)
        case "context":
            return [
                problem
                for one in block.get("elements", [])
                for problem in _plain(one, 2000, "context")
            ]
        case "actions":
            return _actions(block.get("elements", []))
        case "rich_text":
            return _rich(block)
        case "input":
            return _input(block) if modal else ["input: not in a message"]
        case _:
            return [f"unknown block {kind}"]


def _section(block: dict[str, Any]) -> list[str]:
    if "fields" not in block:
        return _plain(block.get("text"), 3000, "section")
    fields = block["fields"]
    found = [] if 0 < len(fields) <= 10 else ["fields: none, or more than 10"]
    return found + [problem for one in fields for problem in _plain(one, 2000, "field")]


def _actions(elements: list[dict[str, Any]]) -> list[str]:
    found = [] if 0 < len(elements) <= 25 else ["actions: none, or more than 25"]
    names = [one.get("action_id") for one in elements]
    if len(names) != len(set(names)):
        found.append("action_id: twice")
    for one in elements:
        if one.get("type") != "button" or not set(one) <= BUTTON:
            found.append("no button")
        found += _plain(one.get("text"), 75, "button")
        if len(one.get("value", "")) > 2000 or len(one.get("url", "")) > 3000:
            found.append("value or url: too long")
        if one.get("style", "primary") not in {"primary", "danger"}:
            found.append("style: unknown")
        if "confirm" in one:
            for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
                found += _plain(one["confirm"].get(name), most, name)
    return found


def _rich(block: dict[str, Any]) -> list[str]:
    found = []
    for part in block.get("elements", []):
        if part.get("type") != "rich_text_section":
            found.append("rich text: no section")
        found += [
            "rich text: unknown part, or empty"
            for one in part.get("elements", [])
            if one.get("type") not in {"text", "link"} or not one.get("text")
        ]
    return found


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _input(block: dict[str, Any]) -> list[str]:
    found = _plain(block.get("label"), 2000, "label")
    element = dict(block.get("element", {}))
    kind, _ = element.pop("type", ""), element.pop("action_id", "")
    if kind not in INPUTS or not set(element) <= INPUTS[kind]:
        return [*found, f"element: unknown {kind} {set(element)}"]
    if len(str(element.get("initial_value", ""))) > element.get("max_length", 3000):
        found.append("initial_value: longer than it may be")
    if kind == "number_input" and "initial_value" in element:
        number = r"-?\d+(\.\d+)?" if element.get("is_decimal_allowed") else r"-?\d+"
        if not re.fullmatch(number, element["initial_value"], re.ASCII):
            found.append("initial_value: no such number")
    if kind == "datepicker" and not _is_date(element.get("initial_date", "2026-01-31")):
        found.append("initial_date: no date")
    options = element.get("options", [{"text": {}}])
    if kind == "static_select":
        if not 0 < len(options) <= 100:
            found.append("options: none, or more than 100")
        for one in options:
            found += _plain(one["text"], 75, "option")
        if element.get("initial_option", options[0]) not in options:
            found.append("initial_option: none of the options")
    return found
