"""Tables that name learned files: what must fit, what is worth knowing, and how it reads."""

import msgspec
import pytest

from handraise.core.duty.duties import duty_of
from handraise.core.table.digest import version_of
from handraise.core.table.read import read
from handraise.core.table.render import as_html, as_markdown, as_text
from handraise.core.table.spec import json_schema
from handraise.core.table.units import percent_text
from handraise.errors import InputError
from tests.support.learned import (
    KNOWN,
    LEARNED_TABLE,
    TYPES,
    UNFAMILIAR_ROW,
    UNKNOWN_ROW,
    learned_table,
    window,
    with_learned,
)
from tests.support.support_table import TABLE, changed, errors_of, table_of


def lines_of(text, **windows):
    return [finding.line_text() for finding in errors_of(text, **windows)]


def warnings_in(text):
    found = read(text, "t.yaml", learned=window())
    assert not found.errors, [one.line_text() for one in found.errors]
    return [(one.code, one.path) for one in found.findings]


def test_a_table_may_name_a_folder_of_learned_files():
    table = learned_table(types=("card_lost", "card_lost", *TYPES))
    assert table.known.types == ("card_lost", "change_address", "refund_request")
    assert table.known.learned == with_learned(folder="known/")
    assert table.known.file is None
    (row,) = table.unfamiliar_rows
    assert (row.id, row.kind, row.unfamiliar, row.to) == (
        "novelty.2",
        "unfamiliar",
        0.02,
        "finance",
    )
    assert table_of(TABLE).unfamiliar_rows == ()


@pytest.mark.parametrize("written", ["2%", "2 %", "0.02", "2.0%"])
def test_a_rate_is_a_percentage_or_a_share(written):
    text = changed("unfamiliar: 2%", f"unfamiliar: {written}", LEARNED_TABLE)
    assert learned_table(text).unfamiliar_rows[0].unfamiliar == 0.02


def test_a_folder_that_is_missing_says_how_to_make_one():
    def gone(folder):
        raise InputError(f'there are no learned files in "{folder}"')

    (line,) = lines_of(changed(UNFAMILIAR_ROW, "", LEARNED_TABLE), learned=gone)
    assert line.startswith('t.yaml:33:8: there are no learned files in "known/"; `handraise learn')

    def said(_folder):
        raise InputError("they are damaged", "learn again")

    assert "t.yaml:33:8: they are damaged; learn again" in lines_of(LEARNED_TABLE, learned=said)


def test_a_folder_that_is_missing_is_not_called_unlearned_at_each_row():
    assert len(lines_of(LEARNED_TABLE)) == len(lines_of(changed(UNFAMILIAR_ROW, "", LEARNED_TABLE)))


def test_learned_files_without_a_type_are_refused():
    assert any(
        '"known/" holds no known type' in line
        for line in lines_of(LEARNED_TABLE, learned=window(types=()))
    )


@pytest.mark.parametrize(
    "known", [KNOWN, "known: {file: a.csv, column: type}"], ids=["a list", "a file"]
)
def test_an_unfamiliar_row_needs_learned_files(known):
    text = changed("known: known/", known, LEARNED_TABLE)
    (line,) = lines_of(text, known=lambda *_: TYPES)
    assert line == (
        "t.yaml:44:8: nothing was learned that a situation could be held against; "
        "run `handraise learn DATA --table TABLE`, and write known: known/"
    )


@pytest.mark.parametrize(
    ("least", "said"), [(0.021, "2.1%"), (0.03984063, "3.99%"), (0.5, "50%"), (0.0201, "2.01%")]
)
def test_a_rate_that_the_held_out_rows_cannot_carry_is_refused(least, said):
    (line,) = lines_of(LEARNED_TABLE, learned=window(with_learned(least_rate=least)))
    expected = f"carry no less than {said}; ask for that, or learn from more rows"
    assert line == f"t.yaml:44:20: the held-out rows {expected}"
    assert learned_table(learned=with_learned(least_rate=0.02))


def test_a_fact_that_was_learned_must_be_declared_with_the_same_type():
    def lines(**facts):
        return lines_of(LEARNED_TABLE, learned=window(with_learned(facts=facts)))

    assert lines(revenue_usd="number", reason="text") == []
    (line,) = lines(orders="number")
    assert line == (
        't.yaml:33:8: the fact "orders" was learned, and the table does not declare it; '
        "declare it under facts: (number), or learn again without it"
    )
    (line,) = lines(reason="boolean")
    assert line == (
        't.yaml:31:3: the fact "reason" was learned as boolean, and is declared as one_of; '
        "declare it as boolean, or learn again"
    )


def test_a_whole_number_counts_as_a_number():
    text = changed("reason: one of [fraud, other]", "count: integer", LEARNED_TABLE)
    text = changed(
        """    - {when: 'reason == "fraud"', to: finance, for: {type: [card_lost]}}\n""", "", text
    )
    assert learned_table(text, with_learned(facts={"count": "number"}))


def test_learned_files_that_no_row_asks_are_worth_knowing():
    assert ("not-asked", "known") in warnings_in(changed(UNFAMILIAR_ROW, "", LEARNED_TABLE))
    assert "not-asked" not in dict(warnings_in(LEARNED_TABLE))
    assert "not-asked" not in dict(warnings_in(TABLE))


def test_an_unfamiliar_row_for_some_only_leaves_the_others_unlooked_at():
    narrowed = UNFAMILIAR_ROW.replace("2%", "2%, for: {type: card_lost}")
    text = changed(UNFAMILIAR_ROW, narrowed, LEARNED_TABLE)
    assert ("narrowed", "escalate.novelty[1]") in warnings_in(text)
    both = changed(UNFAMILIAR_ROW, narrowed + UNFAMILIAR_ROW, LEARNED_TABLE)
    assert "narrowed" not in dict(warnings_in(both))


def test_without_a_row_for_unknown_types_those_go_to_the_owner():
    assert "unknown-type" in dict(warnings_in(changed(UNKNOWN_ROW, "", LEARNED_TABLE)))
    assert "unknown-type" not in dict(warnings_in(LEARNED_TABLE))


def test_a_row_with_a_lower_rate_adds_nothing_after_one_with_a_higher_rate():
    lower, higher = UNFAMILIAR_ROW.replace("2%", "1%"), UNFAMILIAR_ROW.replace("2%", "5%")
    first = changed(UNFAMILIAR_ROW, higher + lower, LEARNED_TABLE)
    assert ("shadowed", "escalate.novelty[2]") in warnings_in(first)
    assert "shadowed" not in dict(
        warnings_in(changed(UNFAMILIAR_ROW, lower + higher, LEARNED_TABLE))
    )


def test_a_fact_that_was_learned_is_read_by_an_unfamiliar_row():
    text = changed(
        "reason: one of [fraud, other]",
        "reason: one of [fraud, other]\n  age: {type: number, about: days}",
        LEARNED_TABLE,
    )
    for learned, is_read in (
        (with_learned(facts={"age": "number"}), True),
        (with_learned(), False),
    ):
        codes = [one.code for one in read(text, learned=window(learned)).findings]
        assert ("unread-fact" not in codes) is is_read


def test_the_digest_of_the_learned_files_is_part_of_the_version_and_their_place_is_not():
    usual = learned_table()
    assert version_of(usual) == usual.version
    elsewhere = changed("known: known/", "known: ./learned", LEARNED_TABLE)
    assert learned_table(elsewhere).version == usual.version
    assert learned_table(learned=with_learned(least_rate=0.01)).version == usual.version
    others = [
        learned_table(learned=with_learned(digest="e" * 64)),
        learned_table(learned=with_learned(facts={})),
        learned_table(learned=with_learned(reads_text=False)),
        learned_table(types=(*TYPES, "another")),
        learned_table(changed("unfamiliar: 2%", "unfamiliar: 2.5%", LEARNED_TABLE)),
    ]
    assert len({usual.version, *(one.version for one in others)}) == 6


def test_a_table_without_learned_files_keeps_the_version_it_had():
    table = table_of(TABLE)
    assert table.version == "7e31c3cfe8647af3"
    named = msgspec.structs.replace(table.known, file="a.csv", column="c")
    assert version_of(msgspec.structs.replace(table, known=named)) == table.version


def test_the_row_reads_as_a_sentence_on_paper():
    table = learned_table()
    sentence = "a situation unlike what was learned (2% of familiar ones are stopped for nothing)"
    for printed in (as_text(table), as_markdown(table), as_html(table)):
        assert sentence in " ".join(printed.split()) or "unlike what was learned" in printed
    assert sentence in as_markdown(table)
    assert "3 types, learned, with the wording of requests and the facts" in as_html(table)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"facts": {}}, "learned, with the wording of requests:"),
        ({"reads_text": False}, "learned, with the facts revenue_usd:"),
        ({"reads_text": False, "facts": {}}, "learned, with how often each comes:"),
    ],
)
def test_what_was_learned_is_named_on_paper(fields, said):
    assert said in " ".join(as_text(learned_table(learned=with_learned(**fields))).split())


def test_a_duty_says_the_row_and_changes_with_its_rate():
    duty = duty_of(learned_table(), "ines")
    assert (
        "You are asked when something is new to it: a situation unlike what was learned "
        "(2% of familiar ones are stopped for nothing)." in duty.lines
    )
    stricter = learned_table(changed("unfamiliar: 2%", "unfamiliar: 1%", LEARNED_TABLE))
    assert duty_of(stricter, "ines").digest != duty.digest
    relearned = learned_table(learned=with_learned(digest="e" * 64))
    assert duty_of(relearned, "ines").digest == duty.digest
    assert duty_of(table_of(TABLE), "dana").digest == duty_of(learned_table(), "dana").digest
    assert (
        duty_of(table_of(TABLE), "ines").digest == "3540ea0c5632388f"
    )  # as before there were such rows


def test_the_schema_knows_the_folder_and_the_row():
    schema = json_schema()
    assert {"string", "array"} <= {
        one.get("type") for one in schema["properties"]["known"]["anyOf"]
    }
    assert "unfamiliar" in schema["$defs"]["NoveltySpec"]["properties"]
    assert "required" in schema["$defs"]["NoveltySpec"]


@pytest.mark.parametrize(
    ("share", "said"), [(0.02, "2%"), (0.004, "0.4%"), (0.07, "7%"), (0.5, "50%")]
)
def test_a_share_reads_as_a_percentage(share, said):
    assert percent_text(share) == said
