"""From text to table: every finding at its place, all at once, and no text makes it raise."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from handraise.core.table.read import read
from handraise.core.table.source import read_source
from handraise.core.table.spec import json_schema
from handraise.core.table.types import Span
from handraise.errors import InputError
from tests.support.support_table import TABLE, changed, errors_of, table_of
from tests.support.tables import tables


def lines_of(text, **windows):
    return [finding.line_text() for finding in errors_of(text, **windows)]


def place(text, word, after=""):
    """Return the line and column of a word in a text, 1-based."""
    start = text.index(word, text.rfind("\n", 0, text.index(after)) + 1)
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)


def test_a_sound_table_is_read_whole():
    table = table_of()
    assert table.people["dana"].hours == tuple(Span(day, 540, 1020) for day in range(5))
    assert (table.people["dana"].capacity_day, table.people["marc"].capacity_open) == (40, 5)
    assert table.people["marc"].contacts == ("mailto:marc@example.com",)
    assert table.routes["supervisor"].acknowledge_within_s == 900
    assert table.routes["finance"].decide_within_s == 28_800
    assert table.route_people("supervisor") == ("dana", "marc")
    assert table.route_people("owner") == ("priya",)
    assert [row.id for row in table.rows] == [
        "confidence.1",
        "consequence.1",
        "consequence.2",
        "consequence.3",
        "novelty.1",
    ]
    assert table.rows[0].line == place(TABLE, "- {below")[0]
    assert table.facts["revenue_usd"].is_derived
    assert not table.facts["reason"].is_derived
    assert table.severity_rank("critical") == 2
    assert table.silent_after_s == 600
    assert table.quiet_after_s is None
    quiet = changed("silent_after: 10m", "silent_after: 10m, quiet_after: 2h")
    assert table_of(quiet).quiet_after_s == 7200
    assert read(TABLE).text == TABLE


def test_the_order_of_the_conditions_is_that_of_the_file():
    start = TABLE.index("  novelty:")
    novelty = TABLE[start : TABLE.index("several:")]
    text = TABLE.replace(novelty, "\n").replace("escalate:\n", "escalate:\n" + novelty)
    assert table_of(text).rows[0].id == "novelty.1"


@pytest.mark.parametrize(
    ("old", "new", "word", "message"),
    [
        ("owner: priya", "owner: pria", "pria", 'unknown person "pria"; did you mean "priya"?'),
        ("people: [dana, marc]", "people: [dana, mark]", "mark]", 'unknown person "mark"; did you mean "marc"?'),
        ("people: [dana, marc]", "people: [dana, dana]", "dana], ack", '"dana" stands on this route twice; a person has an ask once; remove one'),
        ("finance: [ines]", "finance: [inse]", "inse", 'unknown person "inse"; did you mean "ines"?'),
        ("  ines:", "  operator: {name: O, contact: x://y}\n  ines:", "operator:", '"operator" cannot be a person: it stands for whoever works at the command line of the server; choose another id for this person'),
        ("  ines:", "  Handraise: {name: O, contact: x://y}\n  ines:", "Handraise:", '"Handraise" cannot be a person: it stands for Handraise itself; choose another id for this person'),
        ("  ines:", "  agent: {name: O, contact: x://y}\n  ines:", "agent:", '"agent" cannot be a person: it stands for the agent; choose another id for this person'),
        ("  ines:", "  owner: {name: O, contact: x://y}\n  ines:", "owner:", '"owner" cannot be a person: it stands for the table\'s owner, whoever that is; choose another id for this person'),
        ("finance: [ines]", "finance: inse", "inse", 'unknown person "inse"; did you mean "ines"?'),
        ("finance: [ines]", "finance: [ines]\n  owner: [ines]", "owner: [ines]", '"owner" is always there and leads to the owner; choose another name for this route'),
        ("decide_within: 4h", "decide_within: 4x", "4x", '"4x" is not a duration; expected a duration such as 15m, 4h or 2d'),
        ("decide_within: 4h", "decide_within: 10m", "10m", "the deadline to decide is before the one to acknowledge; make decide_within the longer one"),
        ("silent_after: 10m", "silent_after: 0m", "0m}", "a duration is longer than nothing and at most a year"),
        ("Mon-Fri 09:00-17:00", "Mon-Fri 9-17", '"Mon-Fri 9', '"Mon-Fri 9-17" are no hours: "9" has no minutes; write 09:00'),
        ("America/New_York", "America/New_Yrok", "America/New_Yrok", 'unknown time zone "America/New_Yrok"; use an IANA name such as Europe/Lisbon'),
        ("America/New_York", "../../etc/passwd", "../../etc", 'unknown time zone "../../etc/passwd"; use an IANA name such as Europe/Lisbon'),
        ("capacity: 5 open", "capacity: many", "many", '"many" is no capacity; expected e.g. 40 a day, or 5 open'),
        ("mailto:marc@example.com", "mailto:marc@example", '"mailto:marc', '"mailto:marc@example" cannot be a contact: the mail address is not complete; e.g. "mailto:name@example.com" or an Apprise URL'),
        ("mailto:dana@example.com", "slack", '"slack"', '"slack" cannot be a contact: it is no URL; e.g. "mailto:name@example.com" or an Apprise URL'),
        ("mailto:dana@example.com", "${A}$B", '"${A}$B"', '"${A}$B" cannot be a contact: a $ stands alone; refer to the environment as ${NAME}; e.g. "mailto:name@example.com" or an Apprise URL'),
        ("send_reply: low", "send_reply: lwo", "lwo", 'unknown severity "lwo"; did you mean "low"?'),
        ("{severity: high, proposal: {refund", "{severity: hihg, proposal: {refund", "hihg", 'unknown severity "hihg"; did you mean "high"?'),
        ("note: text?", "note: txt?", "txt?", 'unknown type "txt"; did you mean "text"?'),
        ("[low, high, critical]", "[low, high, critical, low]", "low]", 'severity "low" stands twice; remove one'),
        ("reason: one of", "class: one of", "class: one", '"class" cannot be a fact\'s name; use letters, digits and _, and no word of the language'),
        ("reason: one of", "re-ason: one of", "re-ason", '"re-ason" cannot be a fact\'s name; use letters, digits and _, and no word of the language'),
        ("reason: one of [fraud, other]", "reason: txet", "txet", 'unknown type "txet"; did you mean "text"?'),
        ("reason: one of [fraud, other]", "reason: text?", "text?\n", '"text?" cannot be a fact; a fact is a number, integer, text, boolean, or one of [a, b]; never optional'),
        ("reason: one of [fraud, other]", "reason: date", "date", '"date" cannot be a fact; a fact is a number, integer, text, boolean, or one of [a, b]; never optional'),
        ("refund: proposal.refund,", "refnd: proposal.refund,", "refnd", 'unknown action "refnd"; did you mean "refund"?'),
        ("refund: proposal.refund,", "refund: proposal.refnd,", "proposal.refnd", 'the proposal of refund has no field "refnd"; did you mean "refund"?'),
        ("refund: proposal.refund,", "refund: proposal.note,", "proposal.note", '"proposal.note" must be a number that is never left out; mend the form of refund'),
        ("refund: proposal.refund,", "refund: refund,", "refund,", '"refund" cannot be read here; did you mean proposal.refund?'),
        ("from: {refund: proposal.refund, change_billing: 12 * proposal.monthly_change}", "from: {}", "{}", "no action has an expression here; write from: {ACTION: …}, or take it out"),
        ("    type: number\n", "    type: text\n", "proposal.refund", "only numbers are worked out from the proposal; state this fact, or make it a number"),
        ("otherwise: 0", "otherwise: none", "none", "'none' is not of the type number"),
        ("    from: {refund: proposal.refund, change_billing: 12 * proposal.monthly_change}\n", "", "otherwise", '"otherwise" goes with a "from" by action; take it out, or write from: {ACTION: …}'),
        ("change_address]", "card_lost]", "card_lost]", '"card_lost" stands twice; remove one'),
        ("known: [refund_request, card_lost, change_address]", "known: {file: a.csv, column: b}", "{file", "the known types cannot be read from a file here"),
        ("below: 0.72, to: supervisor", "below: 0.72, to: supervisr", "supervisr", 'unknown route "supervisr"; did you mean "supervisor"?'),
        ("below: 0.72", "below: {card_lots: 0.5, else: 0.7}", "card_lots", 'unknown type "card_lots"; did you mean "card_lost"?'),
        ("abs(revenue_usd) > 5000", "abs(revenue_us) > 5000", "revenue_us)", 'unknown name "revenue_us"; did you mean "revenue_usd"?'),
        ("'reason == \"fraud\"'", "'reason == \"fraud\" and it''s'", "''s", "cannot be read as an expression: unterminated string literal (detected at line 1)"),
        ("'reason == \"fraud\"'", '"reason == \\"fruad\\""', '\\"fruad', 'reason is never "fruad"; did you mean "fraud"?'),
        ("severity: critical, to", "severity: crit, to", "crit,", 'unknown severity "crit"; did you mean "critical"?'),
        ("severity: critical, to", "severity: critical, when: 'true', to", "{severity: critical, when", 'a consequence row has either "when" or "severity"; e.g. when: abs(revenue_usd) > 5000'),
        ("{severity: critical, to", "{to", "{to", 'a consequence row has either "when" or "severity"; e.g. when: abs(revenue_usd) > 5000'),
        ("{type: [card_lost]}", "{type: [card_lots]}", "card_lots", 'unknown type "card_lots"; did you mean "card_lost"?'),
        ("{type: [card_lost]}", "{type: card_lots}", "card_lots", 'unknown type "card_lots"; did you mean "card_lost"?'),
        ("{type: [card_lost]}", "{action: [refnd]}", "refnd", 'unknown action "refnd"; did you mean "refund"?'),
        ("{type: [card_lost]}", "{type: []}", "[]", "this row is narrowed to no type at all; name at least one, or take for.type out"),
        ("given: {type:", "given: {typ: 1, type:", "typ: 1", 'a decision has no field "typ"; did you mean "type"?'),
        ("expect: proceed", "expect: {escalate: [finanse]}", "finanse", 'unknown route "finanse"; did you mean "finance"?'),
    ],
)  # fmt: skip
def test_what_does_not_mean_anything_is_found_at_its_place(old, new, word, message):
    text = changed(old, new)
    line, column = place(text, word, new.split(word)[0][:1] and new)
    assert lines_of(text)[0] == f"t.yaml:{line}:{column}: {message}"


@pytest.mark.parametrize(
    ("old", "new", "word", "message"),
    [
        ("handraise: 1", "handraise: 2", "2", "handraise: expected 1, found 2"),
        ("agent: support-agent", "agent: support agent", "support agent", "agent: 'support agent' cannot be a name; use letters, digits, _ and -, a letter first"),
        ("agent: support-agent", "agent: [a]", "[a]", "agent: expected text, found a list"),
        ("unanswered: hold", "unanswered: proceed", "proceed", "unanswered: expected 'hold' or 'reject', found 'proceed'"),
        ("unanswered: hold", "unanswerd: hold", "unanswerd", 'unknown key "unanswerd"; did you mean "unanswered"?'),
        ("  marc:  {", "  marc:  {mail: x, ", "mail: x", 'unknown key "mail"; expected name, contact, hours, holidays, zone, capacity'),
        ("  marc:  {", "  marc:  {nmae: x, ", "nmae", 'unknown key "nmae"; did you mean "name"?'),
        ("name: Marc Oyelaran, ", "", "marc:", 'people.marc has no "name"; add name:'),
        ("name: Marc Oyelaran", "name: ''", "''", "people.marc.name: is empty; at least one is needed"),
        ("owner: priya\n", "", "handraise", 'the table has no "owner"; name the person who is the last resort on every path'),
        ("{below: 0.72, to: supervisor}", "{below: 0.72}", "{below", 'escalate.confidence[0] has no "to"; name the route it goes to: to: ROUTE'),
        ("below: 0.72", "below: 72", "72", "escalate.confidence[0].below: a threshold is over 0 and at most 1, found 72; write 0.72, or 72%"),
        ("below: 0.72", "below: 0", "0,", "escalate.confidence[0].below: a threshold is over 0 and at most 1, found 0"),
        ("below: 0.72", "below: .nan", ".nan", "escalate.confidence[0].below: a threshold is over 0 and at most 1, found nan"),
        ("below: 0.72", "below: {}", "{}", "escalate.confidence[0].below: is empty; at least one is needed"),
        ("below: 0.72", "below: yes", "yes", "escalate.confidence[0].below: expected a number such as 0.72, or a percentage such as 72%, found text"),
        ("below: 0.72", "below: true", "true", "escalate.confidence[0].below: expected a number such as 0.72, or a percentage such as 72%, found true/false"),
        ("unknown: type", "unknown: action", "action", "escalate.novelty[0].unknown: expected 'type', found 'action'"),
        ("unknown: type", "unfamiliar: 2%", "unfamiliar", "nothing was learned that a situation could be held against; run `handraise learn DATA --table TABLE`, and write known: known/"),
        ("unknown: type", "unfamiliar: 2", "2, to", "escalate.novelty[0].unfamiliar: a false-alarm rate is over 0 and at most 50%, found 2; write 2%"),
        ("unknown: type", "unfamiliar: 51%", "51%", "escalate.novelty[0].unfamiliar: a false-alarm rate is over 0 and at most 50%, found 0.51"),
        ("unknown: type", "unfamiliar: 0", "0, to: supervisor, tag: new", "escalate.novelty[0].unfamiliar: a false-alarm rate is over 0 and at most 50%, found 0"),
        ("unknown: type", "unfamiliar: often", "often", "escalate.novelty[0].unfamiliar: expected a percentage such as 2%, found text"),
        ("unknown: type", "unfamiliar: 2%, unknown: type", "{unfamiliar", 'a novelty row has either "unknown" or "unfamiliar"; e.g. unknown: type, or unfamiliar: 2%'),
        ("{unknown: type, to: s", "{to: s", "{to: supervisor, tag", 'a novelty row has either "unknown" or "unfamiliar"; e.g. unknown: type, or unfamiliar: 2%'),
        ("for: {type: [card_lost]}", "for: {tpye: [card_lost]}", "tpye", 'unknown key "tpye"; did you mean "type"?'),
        ("finance: [ines]", "finance: []", "[]", "routes.finance: is empty; at least one is needed"),
        ("finance: [ines]", "fin ance: [ines]", "fin ance", '"fin ance" cannot be a name; use letters, digits, _ and -'),
        ("known: [refund_request, card_lost, change_address]", "known: []", "[]", "known: is empty; at least one is needed"),
        ("known: [refund_request,", "known: [5, refund_request,", "5", "known[0]: expected text, found a number"),
        ("known: [refund_request, card_lost, change_address]", "known: {file: a.csv, colum: b}", "colum", 'unknown key "colum"; did you mean "column"?'),
        ("known: [refund_request, card_lost, change_address]", "known: known/", "known/", "learned files cannot be read here"),
        ("known: [refund_request, card_lost, change_address]", "known: 5", "5", "known: expected a list, found a number"),
        ("known: [refund_request, card_lost, change_address]", "known: ''", "''", "known: is empty; at least one is needed"),
        ("[low, high, critical]", "low", "low", "severities: expected a list, found text"),
        ("  send_reply: low", "  send_reply: [low]", "[low]", "actions.send_reply: expected text, found a list"),
        ("  reason: one of [fraud, other]", "  reason: {type: 5}", "5", "facts.reason.type: expected text, found a number"),
        ("expect: proceed", "expect: go", "go", "tests[0].expect: expected 'proceed', found 'go'"),
        ("given: {type", "given: 5, x: {type", "x:", 'unknown key "x"; expected name, given, expect'),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_form_is_found_at_its_place(old, new, word, message):
    text = changed(old, new)
    line, column = place(text, word, new or "handraise")
    assert f"t.yaml:{line}:{column}: {message}" in lines_of(text)


@pytest.mark.parametrize(
    ("shares", "with_whom", "ids"),
    [("marc", "Dana", "dana and marc"), ("priya", "marc", "marc and priya")],
)
def test_several_must_agree_and_each_in_a_mailbox_of_their_own(shares, with_whom, ids):
    text = changed(f"mailto:{shares}@example.com", f"mailto:{with_whom}@example.com")
    assert errors_of(text) == []
    text = changed("people: [dana, marc],", "people: [dana, marc], needs: 2,", text)
    [found] = errors_of(text)
    assert (found.code, found.path) == ("one-mailbox", "routes.supervisor.needs")
    assert found.message == f"2 must agree, but {ids} share a contact"


def test_everything_is_found_at_once():
    text = changed("owner: priya", "owner: pria")
    for old, new in (
        ("decide_within: 4h", "decide_within: [4h]"),
        ("people: [dana, marc]", "people: [dan, marc]"),
        ('contact: "mailto:marc@example.com"', "contact: 5"),
        ("{severity: high, proposal: {refund", "{severity: high, propsal: 1, proposal: {refund"),
        ("    type: number\n", "    typ: number\n"),
        ("    unit: USD\n", "    unit: 5\n"),
        ("below: 0.72, to: supervisor", "below: 7, to: nobody"),
        ("    - {severity: critical", "    - {severity: critcal"),
        ("  novelty:\n    - {unknown: type, to: supervisor, tag: new situation}\n", ""),
        ("several: every", "several: all"),
        ("watch: {silent_after: 10m}", "watch: 5"),
        ("name: a small one", "name: ''"),
    ):
        text = changed(old, new, text)
    codes = [(finding.code, finding.path) for finding in errors_of(text)]
    assert codes == [
        ("unknown-person", "owner"),
        ("form", "people.marc.contact[0]")
        if ("form", "people.marc.contact[0]") in codes
        else ("form", "people.marc.contact"),
        ("unknown-person", "routes.supervisor.people[0]"),
        ("form", "routes.supervisor.decide_within"),
        ("unknown-key", "actions.refund.propsal"),
        ("missing-key", "facts.revenue_usd"),
        ("unknown-key", "facts.revenue_usd.typ"),
        ("form", "facts.revenue_usd.unit"),
        ("missing-key", "escalate"),
        ("form", "escalate.confidence[0].below"),
        ("unknown-severity", "escalate.consequence[1].severity"),
        ("form", "several"),
        ("form", "watch"),
        ("form", "tests[0].name"),
    ]
    assert read(text).table is None


@pytest.mark.parametrize(
    "hole",
    [
        "people",
        "routes",
        "facts",
        "actions",
        "known",
        "severities",
        "escalate",
        "tests",
        "agent",
        "handraise",
        "purpose",
    ],
)
@pytest.mark.parametrize("filling", ["5", "[5]", "{a: 5}", "", "[[]]", "{a: {b: {c: d}}}", "text"])
def test_a_whole_part_that_is_wrong_is_an_error_at_that_part(hole, filling):
    data = {name: value for name, value in read_source(TABLE, "t")[0].data.items() if name != hole}
    text = f"{hole}: {filling}\n" + "\n".join(
        f"{name}: {json.dumps(value)}" for name, value in data.items()
    )
    found = errors_of(text)
    if found:
        assert any(finding.path.startswith(hole) for finding in found)
    else:
        assert (hole, filling) in {
            ("agent", "text"),
            ("purpose", "text"),
            ("known", "{a: 5}"),
            ("severities", "[5]"),
        }


def test_an_unknown_window_to_the_outside_is_used():
    text = changed(
        "known: [refund_request, card_lost, change_address]", "known: {file: a.csv, column: b}"
    )
    table = read(text, known=lambda file, column: ["card_lost", "b", "b"]).table
    assert table.known.types == ("b", "card_lost")
    assert lines_of(text, known=lambda file, column: [])[0].endswith(
        '"a.csv" holds no known type in "b"'
    )

    def missing(file, column):
        raise InputError("a.csv: there is no such file", "mend the path")

    assert "a.csv: there is no such file; mend the path" in lines_of(text, known=missing)[0]
    slack = changed("mailto:marc@example.com", "slack://marc")
    told = lines_of(
        slack, contact_problem=lambda contact: "no such channel" if "marc" in contact else None
    )
    assert len(told) == 1
    assert "no such channel" in told[0]
    assert table_of(changed("mailto:marc@example.com", "${MARC}")).people["marc"].contacts == (
        "${MARC}",
    )
    assert table_of(changed("mailto:marc@example.com", "mailtos://u:p@example.com")).people


def test_no_row_by_severity_without_actions():
    text = TABLE[: TABLE.index("actions:")] + TABLE[TABLE.index("known:") :]
    text = text.replace("    - {when: abs(revenue_usd) > 5000, to: finance}\n", "").replace(
        """    - {when: 'reason == "fraud"', to: finance, for: {type: [card_lost]}}\n""", ""
    )
    assert [finding.code for finding in errors_of(text)] == ["no-actions"]


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(text=tables())
def test_every_table_that_is_made_here_can_be_read(text):
    assert read(text).errors == ()


def test_the_schema_for_editors_names_every_key():
    schema = json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["required"]) == {
        "handraise",
        "agent",
        "owner",
        "people",
        "routes",
        "known",
        "escalate",
    }
    assert schema["additionalProperties"] is False


def test_what_is_left_after_a_bad_name_may_be_too_little_to_go_on():
    text = changed(
        "supervisor: {people: [dana, marc], acknowledge_within: 15m, decide_within: 4h}\n  finance: [ines]",
        '"a b": [ines]',
    )
    assert [finding.code for finding in errors_of(text)] == ["bad-name"]


def test_what_pydantic_alone_minds_is_told_in_its_words():
    many = ", ".join(["x://y"] * 11)
    told = lines_of(changed('"mailto:marc@example.com"', f"[{many}]"))
    assert len(told) == 1
    assert "people.marc.contact: " in told[0]
    assert "at most 10 items" in told[0]


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("known: [refund_request, ", "known: [5, refund_request, ", ["unknown-person", "form"]),
        ("known: [refund_request, card_lost, change_address]", "known: {file: 5, column: b}", ["form"]),
        ("known: [refund_request, card_lost, change_address]", "known: {file: a.csv}", ["missing-key"]),
        ("from: {refund: proposal.refund, change_billing: 12 * proposal.monthly_change}", "from: 5", ["unknown-person", "form"]),
        ("below: 0.72, to: supervisor}", "below: 0.72, to: 5}", ["unknown-person", "form"]),
        ("    - {below: 0.72, to: supervisor}", "    {below: 0.72}", ["unknown-person", "missing-key"]),
        ("{severity: high, proposal: {refund: number, note: text?}}", "{severity: 5}", ["unknown-person", "form"]),
        ("{severity: high, proposal: {refund: number, note: text?}}", "{severity: high, proposal: 5}", ["unknown-person", "form"]),
        ("people: [dana, marc]", "people: [5, marc]", ["unknown-person", "form"]),
        ("finance: [ines]", "finance: [5]", ["unknown-person", "form"]),
        ("tests:", "tests: 5\npurpose:", ["duplicate-key"]),
        ("expect: proceed", "expect: {}", ["unknown-person", "missing-key"]),
    ],
)  # fmt: skip
def test_a_broken_part_does_not_hide_what_is_wrong_elsewhere(old, new, codes):
    found = [
        finding.code
        for finding in errors_of(changed(old, new, changed("owner: priya", "owner: pria")))
    ]
    assert found[: len(codes)] == codes
    assert len(found) - len(codes) <= 1
