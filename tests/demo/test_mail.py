from datetime import UTC, datetime
from typing import Any

import pytest

from handraise.demo.mail import Mailboxes
from handraise.errors import StillOpenError
from handraise.model import Message

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:1"


def _message(kind: str, body: str = "", **fields: Any) -> Message:
    return Message(
        **{
            "id": kind,
            "kind": kind,
            "agent": "a",
            "to": "dana",
            "contacts": ("mailto:dana@example.com",),
            "subject": kind,
            "body": body,
            "created_at": NOW,
            "next_at": NOW,
            **fields,
        }
    )


def test_a_link_is_taken_out_of_its_own_mailbox_once() -> None:
    mail = Mailboxes()
    mail.send(_message("verify", f"confirm:\n  {BASE}/verify/c0de\n\nmore"), "mailto:x")
    mail.send(_message("sign_in", f"  {BASE}/enter/t0ken\n"), "mailto:x")
    assert mail.link_for("dana", "verify", 0) == f"{BASE}/verify/c0de"
    assert mail.link_for("dana", "sign_in", 0) == f"{BASE}/enter/t0ken"
    for person, kind in (("dana", "verify"), ("dana", "sign_in"), ("marc", "verify")):
        with pytest.raises(StillOpenError, match=f"no {kind} link reached {person}"):
            mail.link_for(person, kind, 0)


def test_only_a_question_calls_a_person_and_a_bundle_is_one_call() -> None:
    mail = Mailboxes()
    for kind in ("verify", "duty", "resolved", "bundle"):
        mail.send(_message(kind), "mailto:x")
    mail.send(_message("asked", only_while="unacknowledged"), "mailto:x")
    assert mail.called() == {"dana"}
    assert mail.called() == set()
    assert mail.calls == 2
    assert [one.kind for one in mail.to_show()] == ["bundle", "asked"]
    assert mail.to_show() == []
