"""The table in words: nothing left out, nothing taken for markup."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from handraise.cli.examples import SUPPORT_TABLE
from handraise.core.table.read import read
from handraise.core.table.render import WIDTH, as_html, as_markdown, as_text, html_fragment
from handraise.core.table.sheet import narrowing
from handraise.core.table.types import Known, Table
from handraise.demo.example import MISSION_TABLE

PRINTERS = [as_text, as_markdown, as_html, html_fragment]


def _table(text: str) -> Table:
    reading = read(text)
    assert reading.table is not None, reading.findings
    return reading.table


MISSION = _table(MISSION_TABLE)
SUPPORT = _table(SUPPORT_TABLE)


class _Reader(HTMLParser):
    """Collects the text of a page and checks that its tags match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in {"br", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def _words(table: Table, printer: object) -> str:
    """Return what a reader sees, on one line."""
    assert callable(printer)
    text = printer(table)
    if printer in (as_html, html_fragment):
        text = " ".join(_read(text).texts)
    if printer is as_markdown:
        text = re.sub(r"\\([^a-z\s])", r"\1", text).replace("<br>", " ")
    return " ".join(text.split())


@pytest.mark.parametrize("printer", PRINTERS)
@pytest.mark.parametrize("table", [MISSION, SUPPORT], ids=["mission", "support"])
def test_every_row_person_route_action_fact_and_type_is_there(
    table: Table, printer: object
) -> None:
    words = _words(table, printer)
    for row in table.rows:
        assert f"→ {row.to}" in words
        assert row.tag is None or f"“{row.tag}”" in words
    for person in table.people.values():
        assert person.name in words
    for name in [*table.routes, *table.actions, *table.facts, *table.known.types, table.version]:
        assert name in words


def test_a_row_is_a_sentence_with_its_people_in_order() -> None:
    words = _words(SUPPORT, html_fragment)
    assert "Not sure enough: its confidence is below 0.72" in words
    assert "Too much at stake: revenue_usd is over 5,000 USD either way" in words
    assert "Too much at stake: the action is rated critical (delete_account)" in words
    assert "Something new: the request is of a type it was not trained on" in words
    assert "Dana Reyes, then Marc Oyelaran" in words
    assert "Mon-Fri 09:00-17:00 (America/New_York), at most 40 a day" in words
    assert "15m" in words
    assert "8h" in words


def test_a_row_with_thresholds_by_type_names_each() -> None:
    written = (
        "{below: {refund_request: 0.9, change_address: 0.5, else: 0.7}, to: support_supervisor}"
    )
    table = _table(MISSION_TABLE.replace("{below: 0.72, to: support_supervisor}", written))
    words = _words(table, html_fragment)
    assert (
        "below 0.9 for refund_request, below 0.5 for change_address; below 0.7 for every other"
        in words
    )
    without = written.replace(", else: 0.7", "")
    words = _words(
        _table(MISSION_TABLE.replace("{below: 0.72, to: support_supervisor}", without)), as_text
    )
    assert "whatever it is for every other type" in words


def test_a_narrowed_and_named_row_says_so() -> None:
    narrowed = "{severity: high, to: finance_lead, name: dear ones, for: {type: refund_request, action: [refund]}}"
    table = _table(
        SUPPORT_TABLE.replace("{severity: critical, to: finance_lead}", narrowed).replace(
            "  - name: what cannot be undone is never done alone\n    given: {type: close_account, action: delete_account, confidence: 0.99}\n    expect: {escalate: [finance_lead]}\n",
            "",
        )
    )
    words = _words(table, html_fragment)
    assert "rated high or worse (refund, change_billing, delete_account)" in words
    assert "only for the type refund_request" in words
    assert "only for the action refund" in words
    assert "called “dear ones”" in words


def test_what_a_row_is_only_for_is_counted() -> None:
    row = _table(SUPPORT_TABLE).rows[0]
    assert narrowing(row) == ()
    several = msgspec.structs.replace(row, for_types=("a", "b"), for_actions=("refund",))
    assert narrowing(several) == ("only for the types a, b", "only for the action refund")
    several = msgspec.structs.replace(row, for_types=("a",), for_actions=("refund", "reply"))
    assert narrowing(several) == ("only for the type a", "only for the actions refund, reply")


def test_what_several_and_unanswered_mean_stands_in_words() -> None:
    assert "every route named must agree" in _words(SUPPORT, as_text)
    assert "stays stopped and Priya Raman keeps being reminded" in _words(SUPPORT, as_text)
    other = _table(
        SUPPORT_TABLE.replace("several: every", "several: first").replace(
            "unanswered: hold", "unanswered: reject"
        )
    )
    assert "the first one in this order says where it goes" in _words(other, as_text)
    assert "it ends without approval: the agent does not act" in _words(other, as_text)


def test_a_fact_says_where_it_comes_from() -> None:
    words = _words(SUPPORT, html_fragment)
    assert "change_billing: 12 * proposal.monthly_change" in words
    assert "otherwise 0" in words
    assert "the agent states it" in _words(MISSION, html_fragment)
    single = SUPPORT_TABLE.replace(
        "from: {refund: proposal.refund, change_billing: 12 * proposal.monthly_change}\n    otherwise: 0",
        "from: abs(proposal.refund)",
    )
    assert "worked out from the proposal: abs(proposal.refund)" in _words(
        _table(single), html_fragment
    )


def test_forms_of_proposals_stand_in_words() -> None:
    form = "{refund: number, to: 'one of [card, cash]?', lines: [integer], who: {name: text}}"
    text = SUPPORT_TABLE.replace('{refund: number, note: "text?"}', form)
    text = text[: text.index("tests:")]
    assert (
        "refund (number), to (one of card, cash, if any), lines (a list of integer), who (name (text))"
        in _words(_table(text), html_fragment)
    )


def test_a_table_without_actions_or_facts_says_so() -> None:
    text = MISSION_TABLE[: MISSION_TABLE.index("tests:")]
    text = text.replace("facts: {revenue_usd: number}", "facts: {}").replace(
        "abs(revenue_usd) > 5000", "confidence < 0.9"
    )
    words = _words(_table(text), as_text)
    assert "The table rates no actions" in words
    assert "No facts beside type, action and confidence" in words


def test_many_known_types_are_folded_and_counted() -> None:
    types = tuple(f"type_{n:03}" for n in range(150))
    known = Known(types=types, file="past requests.csv", column="type")
    words = _words(msgspec.structs.replace(SUPPORT, known=known), as_text)
    assert "150 types, read from past requests.csv: type_000, " in words
    assert "and 110 more" in words
    assert "type_149" not in words


def test_contacts_are_not_published() -> None:
    for printer in PRINTERS:
        assert "example.com" not in printer(SUPPORT)


NASTY = [
    "<script>alert(1)</script>",
    "</style></p><img src=x onerror=alert(1)>",
    "a|b `c` *d* _e_ [f](https://example.com) ~g~ &amp; #h $i$",
    "&lt;b&gt; \"quoted\" 'single'",
    "two\nlines\r\n| and | more |\n# heading",
    "\x1b[31mred\x1b[0m \x07 \u202eright to left\u2066",
    "長い名前" * 40,
    "a" * 300,
]


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("printer", PRINTERS)
def test_no_name_becomes_markup(printer: object, nasty: str) -> None:
    assert callable(printer)
    plain, marked = printer(_with("plain")), printer(_with(nasty))
    if printer is as_text:
        assert all(_terminal_width(line) <= WIDTH for line in marked.splitlines())
        assert all(character.isprintable() or character == "\n" for character in marked)
    elif printer is as_markdown:
        assert _shape(marked) == _shape(plain)
        assert not re.search(r"(?<!\\)[`*_\[~&#$]", _markdown_texts(marked))
        assert "<" not in _markdown_texts(marked).replace("\\<", "").replace("<br>", "")
    else:
        assert _read(marked).tags == _read(plain).tags
        assert _read(marked).attributes == _read(plain).attributes


def _with(text: str) -> Table:
    """Return the support table with a text everywhere a table's author can write one."""
    replace = msgspec.structs.replace
    people = {id: replace(person, name=text) for id, person in SUPPORT.people.items()}
    facts = {id: replace(fact, unit=text, about=text) for id, fact in SUPPORT.facts.items()}
    rows = tuple(replace(row, name=text, tag=text) for row in SUPPORT.rows)
    known = Known(types=(text, *SUPPORT.known.types[1:]))
    return replace(SUPPORT, people=people, facts=facts, rows=rows, known=known, purpose=text)


def _shape(markdown: str) -> list[str]:
    """Return what kind of line each line is: a heading, a row with its columns, or text."""
    kinds = []
    for line in markdown.splitlines():
        marks = len(re.findall(r"(?<!\\)[|]", line))
        kinds.append(line[: line.find(" ")] if line.startswith("#") else f"{marks} columns")
    return kinds


def _markdown_texts(markdown: str) -> str:
    """Return Markdown without the marks that belong to the page itself."""
    lines = [line.lstrip("#") for line in markdown.splitlines()]
    return "\n".join(line for line in lines if not line.startswith("| ---"))


def _terminal_width(line: str) -> int:
    import unicodedata

    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in line
    )


def test_the_text_of_the_examples_fits_its_columns() -> None:
    for table in (MISSION, SUPPORT):
        assert max(len(line) for line in as_text(table).splitlines()) <= WIDTH


def test_the_page_needs_nothing_else() -> None:
    page = as_html(SUPPORT)
    assert page.startswith("<!DOCTYPE html>")
    assert "prefers-color-scheme: dark" in page
    assert "@page { size: A4" in page
    assert set(_read(page).tags).isdisjoint({"script", "link", "img", "iframe"})
    assert not re.search(r"url\(|https?://|@import", page)


def test_the_fragment_stands_under_a_strict_policy() -> None:
    reader = _read(html_fragment(SUPPORT))
    assert set(reader.tags) <= {
        "section",
        "h2",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "br",
    }
    assert set(reader.attributes) <= {"class", "scope"}
