"""Whatever agents and customers write is text: it never becomes markup, wherever it is shown."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.support import Desk

CORPUS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</pre></details><iframe src=javascript:alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "[click](javascript:alert(1)) <a href='javascript:alert(1)'>x</a>",
    "\u202e0002 dnufer \u2066x\u2069 \u200b",
    "nul \x00 bell \x07 esc \x1b[31m",
    "<!-- --> ]]> <style>*{display:none}</style>",
    "javascript:alert(1)",
    "&lt;script&gt; &#60;b&#62;",
    "<div>\n\n<object data=x>\n\n</div>",
    "![beacon](http://tracker.example/p.png) <http://auto.example/?q=1>",
    "[ref]: javascript:alert(1) 'title'\n\n[ref] [here](<//evil.example> \"say\")",
    "`</code><script>alert(1)</script>` ~~~</pre>",
    "> " * 40 + "<b>deep</b>",
    "p\u0430ypal \uff50ay Z" + "\u0301" * 60,
    "| a |\n|---|\n| <svg onload=alert(1)> |",
]


def nested(depth: int) -> Any:
    """Return a value so many lists and tables deep."""
    value: Any = "the bottom"
    for place in range(depth):
        value = {"deeper": value} if place % 2 else [value]
    return value


ALLOWED = {
    "a", "aside", "b", "blockquote", "body", "br", "button", "code", "dd", "del", "details", "div", "dl", "dt", "em", "fieldset", "footer", "form",
    "h1", "h2", "h3", "head", "header", "html", "i", "img", "input", "label", "legend", "li", "link", "main",
    "meta", "nav", "ol", "option", "p", "pre", "q", "section", "select", "small", "span", "strong", "summary",
    "table", "tbody", "td", "textarea", "th", "thead", "time", "title", "tr", "ul", "script",
    "bdi", "svg", "path", "rect", "circle", "text", "template", "kbd", "search", "dialog", "noscript", "output",
}  # fmt: skip


class _Tags(HTMLParser):
    """Collects what a browser would take for markup."""

    def __init__(self) -> None:
        super().__init__()
        self.odd: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = dict(attributes)
        if tag not in ALLOWED or any(name.startswith("on") or name == "style" for name in names):
            self.odd.append(self.get_starttag_text() or tag)
        for name in ("href", "src", "action"):
            if name in names and not str(names[name]).startswith(("/", "#")):
                self.odd.append(f"{name}={names[name]}")

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)


def _odd(html: str) -> list[str]:
    tags = _Tags()
    tags.feed(html)
    return tags.odd


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_stays_text(text: str, desk: Desk) -> None:
    fields: dict[str, Any] = {
        "type": text,
        "action": text,
        "confidence": text,
        "text": text,
        "case": text,
        "key": text,
        "proposal": {text: text, "nested": {text: [text, {text: text}]}},
        "context": {text: text, "more": [text]},
        "facts": {text: text},
    }
    escalation = desk.stop(**fields)
    for person in ("dana", "priya"):
        session = desk.session(person)
        page = desk.page(f"/escalations/{escalation.id}", session)
        inbox = desk.page("/?scope=all", session)
        assert (page.status_code, inbox.status_code) == (200, 200)
        assert _odd(page.text) == []
        assert _odd(inbox.text) == []
        for hidden in ("\u202e", "\u2066", "\x00", "\x1b"):
            assert hidden not in page.text.split("<textarea")[0]
    refused = desk.answer(escalation, session, "change", proposal_json=text, reason=text)
    assert refused.status_code == 422
    assert _odd(refused.text) == []
    done = desk.answer(escalation, session, "reject", reason=text)
    assert done.status_code == 303
    assert _odd(desk.page(f"/escalations/{escalation.id}", session).text) == []


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_paths_and_names_stay_text(text: str, desk: Desk) -> None:
    session = desk.session("dana")
    for path in (
        "/sign-in",
        "/",
        "/escalations/x",
        "/table/x",
        "/enter/x",
        "/me",
        "/people",
        "/verify/x",
    ):
        answer = desk.client.get(
            path, params={"next": text, "scope": text, "state": text, "done": text}
        )
        assert _odd(answer.text) == []
        assert _odd(desk.page(path, session).text) == []
    csrf = desk.operation.door.csrf("visit")
    answer = desk.client.post(
        "/sign-in",
        headers={"Cookie": "handraise-visit=visit"},
        data={"csrf": csrf, "who": text + " " * 300, "next": text},
    )
    assert answer.status_code in {200, 422}
    assert _odd(answer.text) == []


@pytest.mark.parametrize("text", CORPUS)
def test_what_people_write_of_themselves_stays_text(text: str, desk: Desk) -> None:
    operation, dana, priya = desk.operation, desk.session("dana"), desk.session("priya")
    escalation = desk.stop()
    ask = escalation.asks[0].id
    assert desk.post(f"/asks/{ask}/delegate", dana, to="marc", note=text).status_code == 303
    assert desk.post(f"/asks/{ask}/release", dana, note=text).status_code == 303
    assert desk.post(f"/asks/{ask}/reassign", priya, to="ines", note=text).status_code == 303
    operation.roster.away("marc", None, None, text, "marc")
    duty = operation.roster.duties("marc")[0]
    operation.roster.decline(duty.agent, "marc", duty.digest, text)
    operation.store.contact_failed("marc", "mailto:marc@example.com", text, operation.clock.now())
    refused = [
        desk.post(f"/asks/{ask}/reassign", priya, to=text, note=text),
        desk.post("/me/away", dana, **{"from": text, "to": text, "note": text}),
        desk.post("/me/duty", dana, agent=text, digest=text, answer="decline", note=text),
        desk.post("/me/verify", dana, code=text),
        desk.post("/me/plan", dana, urgency=text, **{"contact.0": text, "minutes.0": text}),
        desk.post(f"/people/{quote(text, safe='')}/away", priya, **{"from": text}),
        desk.page(f"/verify/{quote(text, safe='')}", dana),
    ]
    marc = desk.session("marc")
    shown = [desk.page(path, marc) for path in (f"/escalations/{escalation.id}", "/me", "/people")]
    assert [answer.status_code for answer in shown] == [200, 200, 200]
    for answer in (*refused, *shown):
        assert answer.status_code < 500
        assert _odd(answer.text) == []


def test_context_in_markdown_is_laid_out_and_stands_as_it_came_too(desk: Desk) -> None:
    escalation = desk.stop(context="# Big\n\n* <b>bold</b> [x](javascript:1)")
    page = desk.page(f"/escalations/{escalation.id}", desk.session("dana")).text
    assert '<p class="text headed" dir="auto"><strong>Big</strong></p>' in page
    assert '<p class="text" dir="auto">&lt;b&gt;bold&lt;/b&gt; [x](javascript:1)</p>' in page
    assert "# Big\n\n* &lt;b&gt;bold&lt;/b&gt; [x](javascript:1)" in page


def test_a_deeply_nested_proposal_is_still_shown(desk: Desk) -> None:
    value: Any = "the bottom"
    for _ in range(10):
        value = {"deeper": [value]}
    escalation = desk.stop(action="send_reply", proposal=value)
    page = desk.page(f"/escalations/{escalation.id}", desk.session("dana"))
    assert page.status_code == 200
    assert "the bottom" in page.text
