"""The page of situations: what was learned, what is new, what people say it is, and the plots."""

import csv
import io
import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from handraise.clock import ManualClock
from handraise.service.wiring import Operation
from handraise.settings import Settings
from handraise.web.pages.views.words import as_unusual
from tests.support.signed import sign
from tests.web.familiar import (
    SHELLS,
    STRAY,
    SUMMARY,
    given,
    learned_operation,
    usual_texts,
    write_learned,
)
from tests.web.support import Desk

PAGE = "/situations?agent=support-agent"


@pytest.fixture
def operation(
    empty_store: Path, tmp_path: Path, clock: ManualClock, settings: Settings
) -> Iterator[Operation]:
    yield from learned_operation(tmp_path, empty_store, clock, settings)


def stopped(desk: Desk, text: str, answer: str = "", **fields: Any) -> str:
    """Return the escalation of a request that is unlike the familiar; answered if wanted."""
    verdict = desk.operation.gates["support-agent"].decide(**given(text, **fields))
    found = desk.operation.store.escalation(verdict.escalation_id or "")
    assert found is not None
    if answer:
        desk.operation.desk.answer(
            found.asks[0].id, "dana", kind=answer, digest=found.proposal_digest, reason="no"
        )  # type: ignore[arg-type]
    return found.id


def shells(desk: Desk) -> list[str]:
    return [stopped(desk, text, "approve", case=str(at)) for at, text in enumerate(SHELLS)]


def words_of(page: Any) -> str:
    """Return what a page says, its markup left out."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def seen(desk: Desk, person: str = "dana", path: str = PAGE) -> str:
    page = desk.page(path, desk.session(person))
    assert page.status_code == 200
    return words_of(page)


def test_only_who_answers_for_the_novel_sees_it(desk: Desk) -> None:
    stopped(desk, STRAY)
    for path in (PAGE, "/situations/map.svg?agent=support-agent", "/situations/map.csv?agent=x"):
        assert desk.page(path, desk.session("ines")).status_code == 403
        assert desk.client.get(path).status_code == 303
    assert desk.page("/situations", desk.session("ines")).status_code == 403
    assert desk.page("/situations?agent=order-agent", desk.session("dana")).status_code == 403
    for person in ("dana", "priya"):
        assert desk.page(PAGE, desk.session(person)).status_code == 200
    tab = 'href="/situations'
    assert tab in desk.page("/watch", desk.session("dana")).text
    other = desk.page("/watch", desk.session("ines"))
    assert (other.status_code, tab in other.text) == (200, False)


def test_the_owner_of_two_agents_chooses_one(desk: Desk) -> None:
    first = desk.page("/situations", desk.session("priya"))
    assert "Situations of order-agent" in first.text
    assert 'href="/situations?agent=support-agent"' in first.text
    assert "names no learned files" in words_of(first)
    assert "handraise learn DATA --table TABLE" in words_of(first)
    assert '<img src="/situations' not in first.text
    assert "Situations of support-agent" in seen(desk, "priya")


def test_it_says_what_was_learned(desk: Desk) -> None:
    said = seen(desk)
    assert "600 labelled rows of 6 types, 2 of them named by people" in said
    assert "240 rows, to know what is usual" in said
    assert "words and letters, counted" in said
    assert "5% of familiar requests; with these held-out rows really 2 to 8%, 90% certain" in said
    assert "about 50 of 100 requests of types never seen are stopped" in said
    assert "when at most 5 of 100 familiar ones are as unusual" in said
    learned = desk.operation.shelf.newest("support-agent").known.learned
    assert learned is not None
    assert learned.digest in said
    assert "Nothing waits for a name." in said


def test_a_forecast_for_another_rate_says_for_which(desk: Desk, tmp_path: Path) -> None:
    other = {**SUMMARY, "promise": {**SUMMARY["promise"], "rate": 0.02}}
    write_learned(tmp_path / "known", summary=other, types=("refund", "shells"))
    path = next(path for path in desk.operation.opened if path.name == "support.yaml")
    desk.operation.open(path)
    sign(desk.operation, path)
    said = seen(desk)
    assert (
        "about 50 of 100 requests of types never seen are stopped at 2%, for which this was tried,"
        " not at the table's rate" in said
    )


def test_learned_files_that_are_gone_are_told_of(desk: Desk, tmp_path: Path) -> None:
    table = desk.operation.shelf.newest("support-agent")
    desk.operation.shelf.learned.register("support-agent", tmp_path / "elsewhere")
    said = seen(desk)
    assert "What was learned cannot be read: " in said
    assert "holds no learned files" in said
    assert table.known.learned is not None
    missing = desk.page("/situations/map.svg?agent=support-agent", desk.session("dana"))
    assert missing.status_code == 404


def test_alike_situations_are_named_together(desk: Desk) -> None:
    ids = shells(desk)
    stray = stopped(desk, STRAY, "reject")
    page = desk.page(PAGE, desk.session("dana"))
    said = words_of(page)
    assert "3 requests that are alike" in said
    assert "set apart by" in said
    assert "shells" in said
    assert "the agent took it for refund (3)" in said
    assert "people approved (3)" in said
    assert "1 like no other" in said
    assert f'name="ids" value="{" ".join(sorted(ids))}"' in page.text
    assert f'name="ids" value="{stray}"' in page.text

    sent = say(desk, ids, label="pay_with_shells")
    assert sent.headers["location"] == f"{PAGE}&done=new"
    after = seen(desk, path=f"{PAGE}&done=new")
    assert "noted as a new type" in after
    assert "pay_with_shells 3 requests: a new type; said by you" in after
    assert "3 requests wait to be learned. Run handraise learn … --add" in after
    assert "requests that are alike" not in after


def say(desk: Desk, ids: list[str], person: str = "dana", **fields: str) -> Any:
    form = {"agent": "support-agent", "ids": " ".join(ids), **fields}
    return desk.post("/situations", desk.session(person), **form)


def test_what_was_said_can_be_said_anew(desk: Desk) -> None:
    ids = shells(desk)
    assert say(desk, ids, label="refnd").headers["location"].endswith("done=near")
    assert say(desk, ids, label="refund").headers["location"].endswith("done=known")
    assert "another way to word a known type" in seen(desk, path=f"{PAGE}&done=known")
    assert say(desk, ids, none="yes", label="").headers["location"].endswith("done=none")
    said = seen(desk, path=f"{PAGE}&done=none")
    assert "no type of its own 3 requests: nothing will be learned from it" in said
    assert "wait to be learned" not in said


def test_what_was_said_before_learning_is_not_waiting(
    desk: Desk, tmp_path: Path, clock: ManualClock
) -> None:
    say(desk, shells(desk), label="pay_with_shells")
    made_at = clock.advance(minutes=5).strftime("%Y-%m-%dT%H:%M:%SZ")
    write_learned(tmp_path / "known", made_at=made_at, types=("refund", "pay_with_shells"))
    path = next(path for path in desk.operation.opened if path.name == "support.yaml")
    desk.operation.open(path)
    sign(desk.operation, path)
    assert "not learned yet" not in seen(desk)


def test_a_name_that_is_none_is_not_taken_and_stays_typed(desk: Desk) -> None:
    ids = shells(desk)
    page = say(desk, ids, label="x" * 101)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert f'value="{"x" * 101}"' in page.text
    assert "done" not in page.headers
    assert say(desk, [], label="shells").status_code == 422
    assert say(desk, ["nothing"], label="shells").status_code == 404


def test_nobody_names_what_is_not_theirs(desk: Desk) -> None:
    ids = shells(desk)
    assert say(desk, ids, person="ines", label="mine").status_code == 403
    session = desk.session("dana")
    form = {"agent": "support-agent", "ids": ids[0], "label": "x", "csrf": "wrong"}
    headers = {"Cookie": session["Cookie"]}
    assert desk.client.post("/situations", headers=headers, data=form).status_code == 403
    asked = stopped(desk, SHELLS[0], "approve", case="own", asked_by="marc")
    refused = say(desk, [asked], person="marc", label="mine")
    assert refused.status_code == 403
    assert "Somebody else must say what it is" in words_of(refused)


def test_customers_words_are_never_markup(desk: Desk) -> None:
    stopped(desk, "<script>alert(1)</script> zanzibar shells goats", "approve")
    page = desk.page(PAGE, desk.session("dana")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_requests_nearest_the_line_lead_to_their_escalations(desk: Desk) -> None:
    id = stopped(desk, STRAY)
    page = desk.page(PAGE, desk.session("dana"))
    assert f'href="/escalations/{id}"' in page.text
    kept = desk.operation.store.escalation(id)
    assert kept is not None
    assert kept.familiarity is not None
    told = f"At most 1 in {round(1 / kept.familiarity):,} familiar requests is as unusual."
    assert f"{told} refund · open" in words_of(page)
    escalation = desk.page(f"/escalations/{id}", desk.session("dana"))
    assert words_of(escalation).count(told) == 1
    assert "<dt>Familiar</dt>" in escalation.text


def test_another_reason_has_a_limit_and_no_familiarity(desk: Desk) -> None:
    id = stopped(desk, usual_texts()[0], confidence=0.2)
    page = desk.page(f"/escalations/{id}", desk.session("dana")).text
    assert "confidence 0.2, and the agent stops below 0.72" in page
    assert "as unusual" not in page


def decided(desk: Desk, clock: ManualClock) -> list[str]:
    """Let ten usual requests go ahead and one stop; return what stopped."""
    gate = desk.operation.gates["support-agent"]
    for text in usual_texts():
        clock.advance(minutes=50)
        gate.decide(**given(text, case=text))
    desk.operation.recorder.flush()
    return [stopped(desk, STRAY)]


@pytest.mark.parametrize("query", ["", "&scheme=dark", "&size=narrow"])
@pytest.mark.parametrize("name", ["map", "over-time", "spread"])
def test_plots_are_drawn_and_hold_no_words(
    desk: Desk, clock: ManualClock, name: str, query: str
) -> None:
    decided(desk, clock)
    path = f"/situations/{name}.svg?agent=support-agent{query}"
    drawn = desk.page(path, desk.session("dana"))
    assert drawn.status_code == 200
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.startswith("<svg")
    assert ('width="340"' if "narrow" in query else 'width="660"') in drawn.text
    assert ("#1b2326" in drawn.text) == ("dark" in query)
    assert "printer" not in drawn.text
    assert path.replace("&", "&amp;") in desk.page(PAGE, desk.session("dana")).text
    assert desk.page(path, desk.session("dana")).text == drawn.text


def test_plots_have_their_rows_as_csv(desk: Desk, clock: ManualClock) -> None:
    ids = decided(desk, clock)

    def rows(name: str) -> list[list[str]]:
        path = f"/situations/{name}.csv?agent=support-agent"
        answer = desk.page(path, desk.session("dana"))
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    head, first, *others = rows("map")
    assert head == ["number", "x", "y", "type", "escalation", "familiarity", "text"]
    assert (first[0], first[3], first[4], first[6]) == ("1", "refund", ids[0], f"'{STRAY}")
    assert len(others) == 180
    assert len(rows("over-time")) == 1 + 11
    assert sum(int(row[2]) for row in rows("spread")[1:]) == 11
    assert {row[3] for row in rows("spread")[1:]} == {str(11 / 20)}


def test_each_plot_says_the_same_as_a_table(desk: Desk, clock: ManualClock) -> None:
    decided(desk, clock)
    said = seen(desk)
    assert "1 =the printer is on fire in zanzibar refund at most 1 in" in said
    assert "Week from Decisions As unusual as 5 of 100 23 Nov 2026" in said
    assert "11 decisions" in said
    assert "1 of them (9.1%) are at or below the line and stopped." in said
    assert "No drift can be seen in 11 decisions;" in said


def test_there_is_no_plot_of_nothing(desk: Desk) -> None:
    session = desk.session("dana")
    for path in ("nothing.svg", "nothing.csv", "spread.svg", "over-time.svg"):
        assert desk.page(f"/situations/{path}?agent=support-agent", session).status_code == 404
    assert desk.page("/situations/map.svg?agent=support-agent", session).status_code == 200
    assert desk.page("/situations/map.svg?agent=order-agent", session).status_code == 403
    owner = desk.session("priya")
    assert desk.page("/situations/map.svg?agent=order-agent", owner).status_code == 404


@pytest.mark.parametrize("absent", ["altair", "vl_convert"])
def test_without_the_extra_there_are_the_tables_only(
    desk: Desk, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    decided(desk, clock)
    monkeypatch.setitem(sys.modules, absent, None)
    page = desk.page(PAGE, desk.session("dana"))
    assert f"drawn by the extra “plots”: {absent} is not installed here" in words_of(page)
    assert '<img src="/situations' not in page.text
    assert "Where requests lie" in page.text


def test_without_the_extra_nothing_is_grouped_and_the_page_says_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shells(desk)
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    said = seen(desk)
    assert "Grouping needs the package" in said
    assert "pip install 'handraise[learn]'" in said


def test_many_strays_are_on_pages(desk: Desk) -> None:
    for at in range(27):  # the last is worded as the first
        word = "".join(chr(97 + (at * k) % 26) * 3 for k in (3, 5, 7))
        stopped(desk, f"{word} {word[::-1]}", "approve", case=str(at))
    headers = desk.session("dana")
    first = desk.page(PAGE, headers).text
    assert "25 like no other" in first
    found = re.findall(r'<a class="more" href="([^"#]*)', first)
    assert len(found) == 1
    last = desk.page(unescape(found[0]), headers).text
    assert 'class="more"' not in last
    ids = [re.findall(r'name="ids" value="([^"]+)"', one) for one in (first, last)]
    assert [len(one) for one in ids] == [25, 1]
    assert not set(ids[0]) & set(ids[1])
    for odd in ("x", "-1", "99999", "१"):
        assert desk.page(f"{PAGE}&from={odd}", headers).status_code == 200


def test_how_unusual_is_told_in_words() -> None:
    assert as_unusual(0.004) == "at most 1 in 250 familiar requests is as unusual"
    assert as_unusual(0.5) == "50 of 100 familiar requests are as unusual"
