"""The mission's routing table as a careful hand would write it: an if-chain with the same checks.

It takes the same `Decision` and builds the same `Verdict` and `Reason`; the words are plainer.
"""

from __future__ import annotations

from typing import Any

from handraise.model import Decision, Reason, Verdict

KNOWN = frozenset({"refund_request", "card_not_arrived", "change_address"})
NUMBERS = (float, int)
LARGEST = 1e300
VERSION = "0" * 64


def judge(decision: Decision) -> Verdict:
    """Return the verdict on a decision."""
    confidence = decision.confidence
    kind = type(confidence)
    unsure = (kind is not float and kind is not int) or not 0.72 <= confidence <= 1.0
    facts = {} if decision.facts is None else decision.facts
    if type(facts) is not dict:
        return _stop(decision, unsure, True, True)
    revenue: Any = facts.get("revenue_usd")
    kind = type(revenue)
    costly = (kind is not float and kind is not int) or not -LARGEST < revenue < LARGEST
    costly = costly or abs(revenue) > 5000
    novel = type(decision.type) is not str or decision.type not in KNOWN
    odd = len(facts) != ("revenue_usd" in facts)
    if unsure or costly or novel or odd:
        return _stop(decision, unsure, costly, odd)
    return Verdict(decision, (), (), VERSION, False)


def _stop(decision: Decision, unsure: bool, costly: bool, odd: bool) -> Verdict:
    reasons = []
    if unsure:
        reasons.append(_reason("confidence", "support_supervisor", decision.confidence, "0.72"))
    if costly:
        reasons.append(_reason("consequence", "finance_lead", decision.facts, "5,000"))
    if type(decision.type) is not str or decision.type not in KNOWN:
        tag = "new situation"
        reasons.append(_reason("novelty", "support_supervisor", decision.type, "", tag))
    if odd:
        reasons.append(
            Reason(
                row="fault",
                condition="fault",
                route="owner",
                observed="",
                limit="",
                sentence=f"the facts are not as the table declares them: {decision.facts!r}",
            )
        )
    routes = tuple(dict.fromkeys(reason.route for reason in reasons))
    return Verdict(decision, tuple(reasons), routes, VERSION, False)


def _reason(
    condition: str, route: str, observed: object, limit: str, tag: str | None = None
) -> Reason:
    return Reason(
        row=f"{condition}.1",
        condition=condition,  # type: ignore[arg-type]
        route=route,
        observed=repr(observed),
        limit=limit,
        sentence=f"{condition}: {observed!r} against {limit}",
        tag=tag,
    )
