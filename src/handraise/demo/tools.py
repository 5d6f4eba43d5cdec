"""What the example's agent acts with: tools that run only with a grant for exactly this, once.

A real one would write to a customer or a ledger; these say what they did, and nothing else happens.
"""

from __future__ import annotations

from typing import Any

from handraise.service.granting.guarded import Guarded, guarded


def send_reply(reply: str) -> str:
    """Send one of the prepared replies."""
    return f"sent {reply}"


def refund(refund: float, note: str | None = None) -> str:
    """Pay money back."""
    return f"paid {refund:,.2f} USD" + (f" ({note})" if note else "")


def change_billing(monthly_change: float) -> str:
    """Change what somebody pays each month."""
    return f"changed the bill by {monthly_change:+,.2f} USD a month"


def delete_account(account: str) -> str:
    """Delete an account."""
    return f"deleted {account}"


TOOLS = (send_reply, refund, change_billing, delete_account)


def tools_of(gate: Any) -> dict[str, Guarded[str]]:
    """Return the agent's tools by action, each guarded by a gate."""
    return {tool.__name__: guarded(gate, action=tool.__name__)(tool) for tool in TOOLS}
