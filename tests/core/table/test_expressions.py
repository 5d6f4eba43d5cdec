import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handraise.core.table.expression import (
    MAX_LENGTH,
    ExpressionProblem,
    Negative,
    Node,
    Not,
    Number,
    Scope,
    Text,
    as_sentence,
    as_source,
    children,
    fields_read,
    names_read,
    nearest,
    parse,
)
from tests.support.tables import number_expressions, truth_expressions

SCOPE = Scope(
    facts={
        "revenue": "number",
        "count": "number",
        "vip": "boolean",
        "reason": "text",
        "word": "text",
    },
    severities=("low", "high", "critical"),
    choices={"reason": ("fraud", "other", "none")},
    types=("refund_request", "card_lost", "address"),
    actions=("reply", "refund"),
)


@settings(deadline=None)
@given(text=truth_expressions(("revenue", "count")))
def test_the_canonical_spelling_reads_back_as_the_same_tree(text):
    tree = parse(text, SCOPE, "boolean")
    assert parse(as_source(tree), SCOPE, "boolean") == tree
    assert as_source(parse(as_source(tree), SCOPE, "boolean")) == as_source(tree)
    assert as_sentence(tree, {"revenue": "USD"})


@settings(deadline=None)
@given(text=number_expressions(("proposal.refund", "proposal.fee")))
def test_what_is_worked_out_reads_back_as_the_same_tree(text):
    scope = Scope(facts={}, proposal=True)
    tree = parse(text, scope, "number")
    assert parse(as_source(tree), scope, "number") == tree
    assert set(fields_read(tree)) == {
        name for name in ("refund", "fee") if f"proposal.{name}" in text
    }
    assert names_read(tree) == ()


@given(value=st.text())
def test_any_text_literal_reads_back(value):
    scope = Scope(facts={"word": "text"})
    try:
        tree = parse(f"word == {value!r}", scope, "boolean")
    except ExpressionProblem:
        assert len(repr(value)) > 1000 or not value.isprintable()
    else:
        assert tree.operands[1] == Text(value)
        assert parse(as_source(tree), scope, "boolean") == tree


@settings(deadline=None)
@given(text=st.text() | st.text("()[]'\"+-*/.<>=!,:; \\\n\t\0xyz019eE_@#{}^%&|~é\ud800"))
def test_no_text_makes_parsing_raise_anything_else(text):
    problem = None
    try:
        parse(text, SCOPE, "boolean")
    except ExpressionProblem as caught:
        problem = caught
    assert problem is None or (problem.message and 0 <= problem.offset <= len(text))


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("", 0, "the expression is empty", ""),
        ("   ", 0, "the expression is empty", ""),
        ("1 < " + "9" * MAX_LENGTH, 0, "longer than 2000", ""),
        (" revenue >", 9, "cannot be read as an expression", ""),
        ("revenue > 5 and class == 3", 16, "cannot be read", '"class" is a word of the language'),
        (" + ".join(["1"] * 150) + " > 1", 0, "too large", "split it"),
        ("(" * 15 + "-" * 25 + "revenue" + ")" * 15 + " > 1", 0, "too large", "split it"),
        ("  revenue", 2, "this is a number, expected a boolean", ""),
        ("revenu > 5", 0, 'unknown name "revenu"', 'did you mean "revenue"?'),
        ('word == "é" and revenu > 5', 16, 'unknown name "revenu"', ""),
        ("(vip and\n revenu > 5)", 10, 'unknown name "revenu"', ""),
        ("zzz > 5", 0, 'unknown name "zzz"', "declare it under facts:"),
        ("proposal.refund > 5", 0, 'can only be read in a fact\'s "from"', "declare a fact"),
        ("revenue.real > 5", 0, "only proposal.FIELD may have a dot", ""),
        ("revenue ** 2 > 5", 0, "only + - * /", ""),
        ("~revenue > 5", 0, "this operator cannot stand here", ""),
        ("round(revenue) > 5", 0, "only abs, min and max can be called", ""),
        ("revenue.max(1) > 5", 0, "only abs, min and max can be called", ""),
        ("abs(revenue, 1) > 5", 0, "abs takes 1 numbers", ""),
        ("min(revenue) > 5", 0, "min takes 2 to 8 numbers", ""),
        ("max(revenue, count, key=1) > 5", 0, "max takes 2 to 8 numbers", ""),
        ("revenue > 1e400", 10, "this number is too large", ""),
        ("revenue > 9007199254740993", 10, "more digits than can be held", ""),
        ("revenue > 1j", 10, "1j cannot stand here", ""),
        ("word == b'x'", 8, "b'x' cannot stand here", ""),
        ("revenue is 5", 0, '"is" and a mixed "in" cannot stand here', "use == or in"),
        ("1 < revenue in [1]", 0, '"is" and a mixed "in"', ""),
        ("revenue in [1] in [2]", 0, "in needs a list of values", ""),
        ("revenue in count", 0, "in needs a list of values", ""),
        ("revenue in []", 0, "in needs a list of values", ""),
        ("revenue in [count]", 12, "only numbers and texts can stand in the list", ""),
        ('revenue in ["x"]', 12, "a number cannot be compared with a text", ""),
        ("word < 'x'", 7, "a text can only be compared with == or !=", ""),
        ("vip < true", 6, "a boolean can only be compared with == or !=", ""),
        ("vip == 1", 7, "a boolean cannot be compared with a number", ""),
        ("word + 1 > 2", 0, "expected a number, found a text", ""),
        ("revenue and vip", 0, "expected true or false, found a number", ""),
        ("not revenue", 4, "expected true or false", ""),
        ('severity == "hihg"', 12, 'unknown severity "hihg"', 'did you mean "high"?'),
        ('"hihg" <= severity', 0, 'unknown severity "hihg"', ""),
        ("severity == reason", 12, "severity can only be compared with one of", ""),
        ("severity > 1", 11, "a severity cannot be compared with a number", ""),
        ('type == "adress"', 8, 'type is never "adress"', 'did you mean "address"?'),
        ('"fruad" == reason', 0, 'reason is never "fruad"', 'did you mean "fraud"?'),
        ('reason in ["fraud", "zzz"]', 20, 'reason is never "zzz"', "it is one of fraud, other, none"),
        ("revenue[0] > 1", 0, "an index cannot stand here", "allowed are facts"),
        ("(lambda: 1) == 1", 1, "a lambda cannot stand here", ""),
        ("f'{revenue}' == word", 0, "an f-string cannot stand here", ""),
        ("(vip := true)", 1, "an assignment cannot stand here", ""),
        ("[1] == [1]", 0, "a list cannot stand here", ""),
    ],
)  # fmt: skip
def test_every_problem_has_its_place_and_remedy(text, offset, message, hint):
    with pytest.raises(ExpressionProblem) as caught:
        parse(text, SCOPE, "boolean")
    assert (caught.value.offset, message in caught.value.message) == (offset, True), (
        caught.value.message
    )
    assert hint in caught.value.hint


def test_a_null_byte_is_a_problem_like_any_other():
    with pytest.raises(ExpressionProblem, match="cannot be read as an expression"):
        parse("a\0b", SCOPE, "boolean")


def test_half_a_character_is_a_problem_like_any_other():
    with pytest.raises(ExpressionProblem, match="cannot be read as an expression"):
        parse("revenue > \ud800", SCOPE, "boolean")


def test_a_from_reads_the_proposal_alone():
    scope = Scope(facts={"x": "number"}, proposal=True)
    assert parse("+proposal.refund", scope, "number") == parse("proposal.refund", scope, "number")
    with pytest.raises(ExpressionProblem) as caught:
        parse("refund", scope, "number")
    assert caught.value.hint == "did you mean proposal.refund?"


def test_severity_is_a_name_only_where_actions_are_rated():
    with pytest.raises(ExpressionProblem, match='unknown name "severity"'):
        parse('severity == "high"', Scope(facts={}), "boolean")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("abs(revenue) > 5000", "revenue is over 5,000 USD either way"),
        ("abs(revenue) >= 0.5", "revenue is at least 0.50 USD either way"),
        ("abs(revenue) < 5000", "the size of revenue is under 5,000 USD"),
        ("0 < revenue <= 5 and not vip", "0 is under revenue and is at most 5 USD and not (vip)"),
        (
            'reason in ["fraud"] or (vip and count != 3)',
            'reason is one of "fraud" or (vip and count is not 3)',
        ),
        ('type not in ["address"]', 'type is none of "address"'),
        ('severity >= "high"', "severity is at least high"),
        (
            "min(revenue, 1) == max(count, 2)",
            "the least of revenue, 1 USD is the greatest of count, 2",
        ),
        ("revenue * 2 > count", "revenue * 2 is over count"),
    ],
)
def test_an_expression_is_told_in_plain_words(text, sentence):
    assert as_sentence(parse(text, SCOPE, "boolean"), {"revenue": "USD"}).replace(
        ", 1 USD", ", 1 USD"
    ) == sentence.replace("1 USD is", "1 is")


def test_pythons_own_spelling_of_true_is_understood():
    assert parse("vip == True", SCOPE, "boolean") == parse("vip == true", SCOPE, "boolean")


def test_signs_and_parentheses_are_kept():
    assert as_source(Negative(Negative(Number(5.0)))) == "-(-5)"
    assert (
        as_source(parse("2 - (3 - count) > - (revenue)", SCOPE, "boolean"))
        == "2 - (3 - count) > -revenue"
    )
    assert (
        as_source(parse("(vip or vip) and not vip", SCOPE, "boolean")) == "(vip or vip) and not vip"
    )
    assert as_source(parse("revenue > 1e20", SCOPE, "boolean")) == "revenue > 1e+20"
    assert as_source(parse("revenue > -0.5", SCOPE, "boolean")) == "revenue > -0.5"
    assert children(Not(Number(1.0))) == (Number(1.0),)


def test_a_node_that_does_not_exist_has_no_spelling():
    with pytest.raises(TypeError, match="unknown node"):
        as_source(Node())


def test_the_nearest_name_is_offered_and_very_long_words_are_not_compared():
    assert nearest("dan", ["dana", "ines"], "no") == 'did you mean "dana"?'
    assert nearest("xyz", ["dana"], "no") == "no"
    assert nearest("d" * 10_000_000, ["dana"], "no") == "no"
