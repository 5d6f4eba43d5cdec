from msgspec import structs

from handraise.core.table.read import read
from handraise.core.trial.trial import PlacedCase, Trial, run_cases
from handraise.demo.example import MISSION_TABLE


def _trial(tests: str, more: str = "") -> Trial:
    text = MISSION_TABLE[: MISSION_TABLE.index("tests:")] + more + tests
    reading = read(text)
    assert reading.table is not None, reading.findings
    return run_cases(reading.table)


def _case(given: str, expect: str, name: str = "a case") -> str:
    return f"  - {{name: {name}, given: {{{given}}}, expect: {expect}}}\n"


SURE = "type: refund_request, confidence: 0.95, facts: {revenue_usd: 40}"
BIG_AND_UNSURE = "type: refund_request, confidence: 0.5, facts: {revenue_usd: 9000}"


def test_the_tests_of_the_mission_pass_and_reach_every_row() -> None:
    table = read(MISSION_TABLE).table
    assert table is not None
    trial = run_cases(table)
    assert trial.ok
    assert trial.is_complete
    assert trial.rows_reached == ("confidence.1", "consequence.1", "novelty.1")
    assert trial.rows_unreached == ()
    assert trial.failures == ()


def test_a_proceed_that_was_not_expected_fails_without_reasons() -> None:
    trial = _trial("tests:\n" + _case(SURE, "{escalate: [finance_lead]}"))
    (failure,) = trial.failures
    assert not trial.ok
    assert not trial.is_complete
    assert failure.expected == ("finance_lead",)
    assert failure.got == ()
    assert failure.reasons == ()


def test_a_stop_that_was_not_expected_fails_with_every_reason() -> None:
    trial = _trial("tests:\n" + _case(BIG_AND_UNSURE, "proceed"))
    (failure,) = trial.failures
    assert failure.got == ("support_supervisor", "finance_lead")
    assert [reason.row for reason in failure.reasons] == ["confidence.1", "consequence.1"]


def test_the_order_of_the_routes_is_part_of_the_verdict() -> None:
    right = "{escalate: [support_supervisor, finance_lead]}"
    wrong = "{escalate: [finance_lead, support_supervisor]}"
    trial = _trial(
        "tests:\n" + _case(BIG_AND_UNSURE, right, "right") + _case(BIG_AND_UNSURE, wrong, "wrong")
    )
    assert [case.ok for case in trial.cases] == [True, False]


def test_only_the_first_row_decides_where_the_table_says_so() -> None:
    expected = "{escalate: [support_supervisor]}"
    trial = _trial("tests:\n" + _case(BIG_AND_UNSURE, expected), more="several: first\n")
    assert trial.ok
    assert trial.rows_reached == ("confidence.1", "consequence.1")


def test_a_row_that_could_not_be_judged_is_not_reached() -> None:
    given = "type: refund_request, confidence: .nan, facts: {}"
    trial = _trial("tests:\n" + _case(given, "{escalate: [support_supervisor, finance_lead]}"))
    assert trial.ok
    assert trial.rows_reached == ()
    assert not trial.is_complete


def test_a_test_that_sends_what_nobody_declared_meets_the_owner() -> None:
    given = "type: refund_request, confidence: 0.9, facts: {revenue_usd: 1, revenue: 2}"
    trial = _trial("tests:\n" + _case(given, "{escalate: [owner]}"))
    assert trial.ok
    assert [reason.condition for reason in trial.cases[0].reasons] == ["fault"]


def test_no_tests_fail_nothing_and_are_not_enough() -> None:
    trial = _trial("")
    assert trial.cases == ()
    assert trial.ok
    assert not trial.is_complete
    assert trial.rows_unreached == ("confidence.1", "consequence.1", "novelty.1")


def test_a_result_says_where_its_test_stands() -> None:
    text = MISSION_TABLE.splitlines()
    table = read(MISSION_TABLE).table
    assert table is not None
    for case in run_cases(table).cases:
        assert case.name in text[case.line - 1]


def test_tests_of_files_count_and_those_that_wait_do_not() -> None:
    table = read(MISSION_TABLE).table
    assert table is not None
    bare = structs.replace(table, tests=())
    given = {"type": "refund_request", "confidence": 0.95, "facts": {"revenue_usd": 9000}}
    case = PlacedCase(
        name="big", given=given, escalate=("finance_lead",), line=3, file="handraise.tests.yaml"
    )
    trial = run_cases(bare, more=[case])
    assert trial.rows_reached == ("consequence.1",)
    assert (trial.cases[0].file, trial.cases[0].line, trial.cases[0].given) == (
        "handraise.tests.yaml",
        3,
        given,
    )
    wrong = structs.replace(case, is_waiting=True, escalate=())
    trial = run_cases(bare, more=[wrong])
    assert (trial.cases, trial.rows_reached) == ((), ())
    assert trial.ok
    assert not trial.is_complete
    assert not trial.waiting[0].ok
