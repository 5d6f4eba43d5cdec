"""One escalation: what comes next, a change looked at first, others who look, what was before."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from sqlalchemy import inspect, text
from starlette.routing import Route

from handraise.clock import ManualClock
from handraise.model import Escalation
from handraise.store import Store
from tests.web.support import BIG, UNSURE, Desk

BOTH = {**BIG, "confidence": 0.5}


def _words(answer: Any) -> str:
    html = re.sub(r"<(script|style).*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split()).replace("\xa0", " ")


def _page(desk: Desk, escalation: Escalation, person: str) -> str:
    return _words(desk.page(f"/escalations/{escalation.id}", desk.session(person)))


def _now(desk: Desk, escalation: Escalation) -> Escalation:
    found = desk.operation.store.escalation(escalation.id)
    assert found is not None
    return found


def _form(escalation: Escalation, **fields: str) -> dict[str, str]:
    return {
        "kind": "change",
        "digest": escalation.proposal_digest,
        "reason": "half of it",
        **fields,
    }


def _hidden(html: str) -> dict[str, str]:
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html)
    typed = re.findall(r'<textarea name="([^"]+)" hidden[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    return {name: unescape(value) for name, value in (*inputs, *typed) if name != "csrf"}


def test_the_head_says_who_decides_and_what_an_approval_would_bring(desk: Desk) -> None:
    both = desk.stop(**BOTH, case="ticket-1")
    page = _page(desk, both, "ines")
    assert "You pick it up for finance lead by " in page
    assert "Dana Reyes decides for support supervisor by " in page
    assert (
        "If you approve, support-agent may refund 6,200 USD once support supervisor (Dana" in page
    )
    assert "Until then it stays stopped." in page
    assert "support supervisor is not asked any more." in page
    desk.answer(both, desk.session("dana"), "approve")
    assert "If you approve, support-agent may refund 6,200 USD, at once." in _page(
        desk, both, "ines"
    )
    stranger = desk.stop()
    assert "If you approve" not in _page(desk, stranger, "ines")
    assert "support-agent stays stopped until that is decided." in _page(desk, stranger, "ines")


def test_the_table_that_judged_is_one_click_away(desk: Desk) -> None:
    judged = desk.stop()
    table = f"/table/{judged.agent}/{judged.version}"
    session = desk.session("dana")
    page = desk.page(f"/escalations/{judged.id}", session).text
    assert f'href="{table}">The table that judged it</a>' in page
    assert desk.page(table, session).status_code == 200


def test_a_change_is_looked_at_before_it_is_sent(desk: Desk) -> None:
    escalation = desk.stop()
    ask, session = escalation.asks[0].id, desk.session("dana")
    form = _form(escalation, **{"proposal.refund": "7000"})
    looked = desk.post(f"/asks/{ask}/preview", session, **form)
    page = _words(looked)
    assert looked.status_code == 200
    assert "Nothing has been sent yet" in page
    assert "refund 40 USD 7,000 USD changed" in page
    assert "evenue is 7,000 USD" in page
    assert "finance lead must agree in addition." in page
    assert "If you send it, support-agent may refund 7,000 USD once finance lead (Ines" in page
    assert _now(desk, escalation) == escalation
    carried = _hidden(looked.text)
    back = desk.post(f"/asks/{ask}/edit", session, **carried)
    assert 'value="7000"' in back.text
    assert "half of it</textarea>" in back.text
    assert _now(desk, escalation) == escalation
    assert desk.post(f"/asks/{ask}/answer", session, **carried).status_code == 303
    assert _now(desk, escalation).proposal == {"refund": 7000}


def test_what_was_looked_at_is_what_is_sent(desk: Desk) -> None:
    escalation = desk.stop()
    ask, session = escalation.asks[0].id, desk.session("dana")
    form = _form(escalation, **{"proposal.refund": "25"})
    carried = _hidden(desk.post(f"/asks/{ask}/preview", session, **form).text)
    other = desk.post(f"/asks/{ask}/answer", session, **{**carried, "proposal.refund": "26"})
    assert other.status_code == 409
    assert "What you looked at is not what would be sent now" in _words(other)
    assert _now(desk, escalation) == escalation


def test_a_change_that_cannot_be_sent_says_so_at_once(desk: Desk) -> None:
    escalation = desk.stop()
    ask, session = escalation.asks[0].id, desk.session("dana")
    wrong = _form(escalation, **{"proposal.refund": "much"})
    page = desk.post(f"/asks/{ask}/preview", session, **wrong)
    assert (page.status_code, 'value="much"' in page.text) == (422, True)
    headers = {"Cookie": session["Cookie"], "HX-Request": "true"}
    for sent, told in (
        (wrong, "Refund must be a number, not"),
        (_form(escalation, **{"proposal.refund": "40"}), "Nothing was changed"),
        (_form(escalation, **{"proposal.refund": "25", "reason": ""}), "Say why, in a few words"),
        (_form(escalation, **{"proposal.refund": "25", "digest": "old"}), "The proposal changed"),
    ):
        part = desk.client.post(
            f"/asks/{ask}/preview", headers=headers, data={"csrf": session["X-CSRF-Token"], **sent}
        )
        assert part.status_code == 200
        assert "<html" not in part.text
        assert told.lower() in _words(part).lower()
        assert "Send this change" not in part.text


def test_two_who_look_learn_of_each_other_and_of_what_the_other_did(
    desk: Desk, clock: ManualClock
) -> None:
    escalation = desk.stop()
    dana, marc = desk.session("dana"), desk.session("marc")
    assert "has this open too" not in _words(desk.page(f"/escalations/{escalation.id}", dana))
    page = desk.page(f"/escalations/{escalation.id}", marc)
    assert "Dana Reyes has this open too." in _words(page)
    beat = re.search(r'hx-get="([^"]+/others[^"]+)"', page.text)
    assert beat
    clock.advance(seconds=61)
    assert "open too" not in _words(desk.page(beat[1], marc))
    assert "Marc Oyelaran has this open too." in _words(
        desk.page(f"/escalations/{escalation.id}", dana)
    )
    assert "Dana Reyes has this open too." in _words(desk.page(beat[1], marc))
    desk.answer(escalation, dana, "approve")
    told = desk.page(beat[1], marc)
    assert "Dana Reyes approved it just now" in _words(told)
    assert "Look at how it stands now" in told.text
    assert "data-looking" not in told.text
    assert (
        desk.page(f"/escalations/{escalation.id}/others", desk.session("dana")).status_code == 200
    )


def test_a_page_that_is_left_open_keeps_nobody_signed_in(desk: Desk, clock: ManualClock) -> None:
    beat, dana = f"/escalations/{desk.stop().id}/others?seen=x", desk.session("dana")
    clock.advance(minutes=119)
    assert desk.page(beat, dana).status_code == 200
    clock.advance(minutes=1)
    after = desk.page(beat, dana)
    assert (after.status_code, after.text) == (401, "")
    assert "HX-Refresh" not in after.headers, "loading it anew would lose what was typed"
    assert desk.page("/", dana).status_code == 303


def test_what_was_decided_about_the_same_is_counted_and_listed(desk: Desk) -> None:
    dana = desk.session("dana")
    amounts = (10, 20, 30, 41, 500, 39, 42)
    for amount in amounts:
        old = desk.stop(case=f"old-{amount}", proposal={"refund": amount})
        kind = "reject" if amount == 500 else "approve"
        desk.answer(old, dana, kind, reason="too much" if kind == "reject" else "")
    page = _page(desk, desk.stop(case="new"), "dana")
    assert "Of the last 7 like this: 6 approved as asked and 1 rejected." in page
    assert "These are nearest in refund, newest first." in page
    before = page.partition("These are nearest")[2].partition("Your answer")[0]
    assert re.findall(r"refund: (\d+) USD", before) == ["42", "39", "41", "30", "20"]
    other = desk.stop(type="refund_request", action="send_reply", proposal={})
    assert "was decided before" not in _page(desk, other, "dana")


def test_the_whole_decision_is_there_as_a_file(desk: Desk) -> None:
    escalation = desk.stop(text="t" * 90_000)
    path = f"/escalations/{escalation.id}/decision.json"
    page = desk.page(f"/escalations/{escalation.id}", desk.session("dana"))
    assert "50,000 more characters of this stand in the whole decision." in _words(page)
    assert f'href="{path}"' in page.text
    file = desk.page(path, desk.session("dana"))
    assert file.json()["text"] == "t" * 90_000
    assert "attachment" in file.headers["Content-Disposition"]
    assert desk.page(
        path, desk.session("olga") if _is_there(desk) else {"Cookie": ""}
    ).status_code in {
        303,
        404,
    }


def _is_there(desk: Desk) -> bool:
    return "order-agent" in desk.operation.shelf.agents()


LOOKS = {"lookers", "sessions", "readings", "attempts"}
"""What a look may leave: who looked, when a session was last used, that a code was tried."""


def _kept(store: Store) -> dict[str, list[Any]]:
    with store.read() as connection:
        tables = set(inspect(connection).get_table_names()) - LOOKS
        return {
            name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"'))))
            for name in tables
        }


def _addresses(desk: Desk, escalation: Escalation) -> list[str]:
    """Return the address of every page that can be fetched, with what there is in it."""
    link = desk.operation.door.link("marc").rsplit("/", 1)[1]
    names = {
        "/enter/{token}": f"/enter/{link}",
        "/escalations/{id}": f"/escalations/{escalation.id}",
    }
    found = []
    for route in desk.client.app.routes:  # type: ignore[attr-defined]
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        path = next((to for at, to in names.items() if route.path == at), route.path)
        path = path.replace("/escalations/{id}", f"/escalations/{escalation.id}")
        path = path.replace("{agent}", "support-agent")
        found.append(re.sub(r"\{[^}]+\}", "none", path))
    return found


def test_a_page_that_is_fetched_decides_nothing(desk: Desk) -> None:
    escalation = desk.stop(**BOTH)
    desk.stop(**UNSURE, case="another")
    paths = _addresses(desk, escalation)
    assert f"/escalations/{escalation.id}" in paths
    assert len(paths) > 25
    session = desk.session("priya")
    before = _kept(desk.operation.store)
    for path in paths:
        if path.endswith("/live"):
            continue  # it stays open for as long as somebody looks
        for query in ("", "?kind=approve&answer=approve&done=1&to=marc"):
            answer = desk.page(f"{path}{query}", session)
            assert answer.status_code != 500, path
            after = _kept(desk.operation.store)
            changed = [name for name in before if before[name] != after[name]]
            assert changed == [], path
