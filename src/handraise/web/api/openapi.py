"""The OpenAPI 3.1 document, made from the table of endpoints and the schemas of its records."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec

import handraise
from handraise.model import Decision
from handraise.web.api.endpoint import Endpoint
from handraise.web.api.records import MAX_BATCH
from handraise.web.problems import Problem
from handraise.web.security import CSRF_HEADER

_REF = "#/components/schemas/{name}"

SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "agent": [{"agentKey": []}],
    "reporter": [{"agentKey": []}, {"outcomesKey": []}],
    "person": [{"session": [], "csrf": []}],
    "anyone": [],
}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Return the document for these endpoints."""
    listed = tuple(endpoints)
    types = list(dict.fromkeys(kind for one in listed for kind in _types(one)))
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=_REF)
    by_type = dict(zip([*types, Problem], schemas, strict=True))
    components |= _decision_schemas()
    paths: dict[str, dict[str, Any]] = {}
    for one in listed:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, by_type, components)
    used = {kind: by_type[kind] for kind in (Problem,)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Handraise",
            "version": handraise.__version__,
            "description": "Decisions of agents, judged; questions to people, answered.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {"Problem": _content("application/problem+json", used[Problem])},
            "securitySchemes": {
                "agentKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An agent's key, bound to that one agent.",
                },
                "outcomesKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key that may report outcomes of one agent, nothing else.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "handraise",
                    "description": "A person's session, from signing in on the pages.",
                },
                "csrf": {
                    "type": "apiKey",
                    "in": "header",
                    "name": CSRF_HEADER,
                    "description": "The token that stands in the forms of the pages.",
                },
            },
        },
    }


def _types(endpoint: Endpoint) -> list[Any]:
    body = [endpoint.body] if endpoint.body not in {None, object} else []
    also = [] if endpoint.or_answer is None or endpoint.body is object else [endpoint.or_answer]
    return [endpoint.answer, endpoint.query, *body, *also]


def _content(media_type: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {
        "description": description or "What went wrong, after RFC 9457.",
        "content": {media_type: {"schema": schema}},
    }


def _operation(
    endpoint: Endpoint, by_type: dict[Any, Any], components: dict[str, Any]
) -> dict[str, Any]:
    schema = by_type[endpoint.answer]
    if endpoint.body is object:
        schema = {"anyOf": [schema, {"$ref": _REF.format(name="Verdicts")}]}
    elif endpoint.or_answer is not None:
        schema = {"anyOf": [schema, by_type[endpoint.or_answer]]}
    done = _content(endpoint.media_type, schema, HTTPStatus(endpoint.status).phrase)
    answers: dict[str, Any] = {str(endpoint.status): done}
    for status in endpoint.all_problems:
        answers[str(status)] = {"$ref": "#/components/responses/Problem"}
    if endpoint.name == "get_ready":
        answers["503"] = _content("application/json", schema, "Not ready")
    found: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "security": SECURITY[endpoint.caller],
        "responses": answers,
    }
    if parameters := _parameters(endpoint, components):
        found["parameters"] = parameters
    if endpoint.body is not None:
        body = {"$ref": _REF.format(name="Decisions")}
        found["requestBody"] = {
            "required": not endpoint.body_optional,
            "content": {"application/json": {"schema": by_type.get(endpoint.body, body)}},
        }
    return found


def _parameters(endpoint: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", endpoint.path)
    ]
    properties = components[endpoint.query.__name__]["properties"]
    for name, schema in properties.items():
        found.append({"name": name, "in": "query", "required": False, "schema": _not_null(schema)})
    return found


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter: one that is left out is not sent as null."""
    choices = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    if choices:
        return dict(choices[0])
    enum = [value for value in schema.get("enum", []) if value is not None]
    shown = {
        name: value for name, value in schema.items() if name != "default" or value is not None
    }
    return {**shown, "enum": enum} if enum else shown


def _decision_schemas() -> dict[str, Any]:
    """Return the schemas of what is judged: open on purpose, the gate judges whatever comes."""
    about = {
        "type": 'The situation type, e.g. "refund_request".',
        "action": 'The kind of thing done, e.g. "refund".',
        "confidence": "How sure the agent is, in [0, 1].",
        "facts": "Declared, typed values that rows read.",
        "text": "The request in the customer's own words.",
        "proposal": "Exactly what would be done.",
        "context": "What the human needs to decide, JSON or text.",
        "case": "The customer's matter.",
        "key": "The idempotency key of this one decision.",
        "asked_by": "The person on the table who asked for this; never the one who decides.",
    }
    decision = {
        "title": "Decision",
        "description": "What the agent is about to do. What cannot be judged stops it.",
        "type": "object",
        "properties": {name: {"description": about[name]} for name in Decision.__struct_fields__},
        "not": {"required": ["decisions"]},
    }
    batch = {
        "title": "Batch",
        "type": "object",
        "properties": {
            "decisions": {
                "type": "array",
                "maxItems": MAX_BATCH,
                "items": {"type": "object"},
            }
        },
        "required": ["decisions"],
        "additionalProperties": False,
    }
    verdicts = {
        "title": "Verdicts",
        "description": "One for each decision, in order; a problem where a key conflicts.",
        "type": "array",
        "items": {
            "anyOf": [{"$ref": _REF.format(name=name)} for name in ("VerdictOut", "Problem")]
        },
    }
    either = {"anyOf": [{"$ref": _REF.format(name=name)} for name in ("Decision", "Batch")]}
    return {"Decision": decision, "Batch": batch, "Decisions": either, "Verdicts": verdicts}
