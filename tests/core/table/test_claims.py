"""Claims in the table: read whole, refused at their place, part of the version, in words."""

import json

import pytest

from handraise.core.table.edit import with_threshold
from handraise.core.table.expression import as_source
from handraise.core.table.read import read
from handraise.core.table.render import as_html, as_markdown, as_text
from handraise.core.table.spec import json_schema
from tests.support.support_table import TABLE, changed, errors_of, table_of

CLAIMS = """claims:
  - {name: big money meets finance, when: abs(revenue_usd) > 5000, reaches: finance}
  - {name: the unsure never act, when: confidence < 0.1, never: proceed}
  - {name: a sure reply goes ahead, when: action == "send_reply" and confidence > 0.9, always: proceed}
  - {name: a reply is no matter of money, when: action == "send_reply", unreachable: [finance, owner]}
"""


def with_claims(claims: str = CLAIMS) -> str:
    return changed("several: every\n", f"several: every\n{claims}")


def found(claims: str) -> list[str]:
    """Return the errors of a table with these claims, by column and text."""
    errors = errors_of(with_claims("claims:\n" + claims))
    return [one.line_text().split(":", 2)[2] for one in errors]


def warned(claims: str) -> list[str]:
    text = with_claims("claims:\n" + claims)
    codes = {"empty-claim", "same-claim", "unread-fact"}
    return [one.line_text().split(":", 2)[2] for one in read(text).findings if one.code in codes]


def test_each_kind_of_claim_is_read_whole() -> None:
    text = with_claims()
    claims = table_of(text).claims
    assert [(one.name, one.kind, one.routes) for one in claims] == [
        ("big money meets finance", "reaches", ("finance",)),
        ("the unsure never act", "never", ()),
        ("a sure reply goes ahead", "always", ()),
        ("a reply is no matter of money", "unreachable", ("finance", "owner")),
    ]
    assert claims[0].when is not None
    assert as_source(claims[0].when) == "abs(revenue_usd) > 5000"
    assert text.splitlines()[claims[1].line - 1].startswith("  - {name: the unsure never act")
    (everywhere,) = table_of(with_claims("claims:\n  - {name: all, always: proceed}\n")).claims
    assert everywhere.when is None


@pytest.mark.parametrize(
    ("claims", "findings"),
    [
        ("  - {name: a, when: abs(revenu_usd) > 1, reaches: finanse}\n", ['25: unknown name "revenu_usd"; did you mean "revenue_usd"?', '51: unknown route "finanse"; did you mean "finance"?']),
        ("  - {name: a, when: revenue_usd, never: proceed}\n", ["21: this is a number, expected a boolean"]),
        ("  - {name: a, when: ' ', never: proceed}\n", ["21: the expression is empty"]),
        ("  - {name: a, unreachable: [finance, ownr]}\n", ['38: unknown route "ownr"; did you mean "owner"?']),
        ("  - {name: a, reaches: [finance, finance]}\n", ['34: "finance" stands twice; remove one']),
        ("  - {name: a, reaches: []}\n", ["24: claims[0].reaches: is empty; at least one is needed"]),
        ("  - {name: a, reaches: 5}\n", ["24: claims[0].reaches: expected text, found a number"]),
        ("  - {name: a, reaches: finance, never: proceed}\n", ['33: a claim says one thing, and this one has "reaches" and "never"; make two claims of it']),
        ("  - {name: a, when: 'true'}\n", ["5: this claim says nothing; e.g. reaches: ROUTE, never: proceed, always: proceed, or unreachable: ROUTE"]),
        ("  - {name: a, never: stop}\n", ["22: claims[0].never: expected 'proceed', found 'stop'"]),
        ("  - {name: a, never: proceed, whne: 'true'}\n", ['31: unknown key "whne"; did you mean "when"?']),
        ("  - {never: proceed}\n", ['5: claims[0] has no "name"; add name:']),
        ("  - {name: '', never: proceed}\n", ["12: claims[0].name: is empty; at least one is needed"]),
        ("  - {name: a, never: proceed}\n  - {name: a, always: proceed}\n", ['12: the claim "a" stands twice; give one another name, or remove it']),
        ("  - never\n", ["5: claims[0]: expected a mapping, found text"]),
        ("  a: b\n", ["3: claims: expected a list, found a mapping"]),
    ],
)  # fmt: skip
def test_what_is_no_claim_is_found_at_its_place(claims: str, findings: list[str]) -> None:
    assert found(claims) == findings


def test_two_broken_claims_do_not_hide_each_other_or_the_rest() -> None:
    claims = "  - {name: a, never: stop}\n  - {never: proceed}\n  - {name: b, reaches: finanse}\n"
    text = with_claims("claims:\n" + claims).replace("owner: priya", "owner: pria")
    assert [one.code for one in errors_of(text)] == [
        "unknown-person", "form", "missing-key", "unknown-route",
    ]  # fmt: skip


def test_a_claim_about_nothing_or_said_twice_is_warned_of() -> None:
    assert warned("  - {name: a, when: abs(revenue_usd) < 0, never: proceed}\n") == [
        "15: warning: this claim is about nothing: no decision makes its when: true; "
        "mend the expression"
    ]
    twice = "  - {name: a, never: proceed}\n  - {name: b, never: proceed}\n"
    other = "  - {name: a, never: proceed}\n  - {name: b, always: proceed}\n"
    assert warned(twice) == ['5: warning: this claim says the same as "a"; take one of them out']
    assert warned(twice + "  - {name: c, never: proceed}\n")[1:] == [
        '5: warning: this claim says the same as "a"; take one of them out'
    ]
    assert warned(other) == []


def test_a_fact_that_only_a_claim_reads_is_not_left_over() -> None:
    row = "    - {when: 'reason == \"fraud\"', to: finance, for: {type: [card_lost]}}\n"
    claim = "claims:\n  - {name: a, when: 'reason == \"fraud\"', never: proceed}\n"
    without = changed(row, "")
    codes = [one.code for one in read(without).findings]
    assert "unread-fact" in codes
    read_by_claim = without.replace("several: every\n", f"several: every\n{claim}")
    assert "unread-fact" not in [one.code for one in read(read_by_claim).findings]


def test_a_table_without_claims_keeps_its_version_and_each_claim_changes_it() -> None:
    usual = table_of(TABLE).version
    assert table_of(with_claims("claims: []\n")).version == usual
    one = "claims:\n  - {name: a, when: confidence < 0.1, never: proceed}\n"
    version = table_of(with_claims(one)).version
    assert version != usual
    layout = "claims:\n\n  # sure\n  - name: a\n    when: (confidence<0.10)\n    never: proceed\n"
    assert table_of(with_claims(layout)).version == version
    for old, new in (
        ("name: a", "name: b"),
        ("< 0.1", "< 0.2"),
        ("when: confidence < 0.1, ", ""),
        ("never: proceed", "always: proceed"),
        ("never: proceed", "reaches: finance"),
    ):
        assert table_of(with_claims(one.replace(old, new))).version not in {usual, version}, new


def test_claims_stand_in_words_on_every_kind_of_paper() -> None:
    table = table_of(with_claims())
    for text in (as_text(table), as_markdown(table), as_html(table)):
        words = " ".join(text.replace("\\", "").split())
        assert "big money meets finance" in words
        assert "What is claimed" in words or "WHAT IS CLAIMED" in words
    words = as_markdown(table).replace("\\", "")
    assert "where revenue_usd is over 5,000 USD either way" in words
    assert "finance must agree, whatever is missing or broken" in words
    assert "the agent stops, whatever is missing or broken" in words
    assert "the agent goes ahead, where everything is usable" in words
    assert "finance or owner is never asked, where everything is usable" in words
    of_all = table_of(with_claims("claims:\n  - {name: 'a | b', never: proceed}\n"))
    assert "| a \\| b | every decision |" in as_markdown(of_all)
    assert "claimed" not in as_text(table_of(TABLE)).lower()


def test_editors_know_claims_by_the_schema() -> None:
    schema = json_schema()
    claim = schema["$defs"]["ClaimSpec"]
    assert set(claim["properties"]) == {
        "name", "when", "reaches", "never", "always", "unreachable",
    }  # fmt: skip
    assert schema["properties"]["claims"]["items"] == {"$ref": "#/$defs/ClaimSpec"}
    assert "proceed" in json.dumps(claim["properties"]["never"])


def test_another_threshold_leaves_the_claims_as_they_stand() -> None:
    text = with_claims()
    assert with_threshold(text, 0, 0.8) == text.replace("below: 0.72", "below: 0.8")
