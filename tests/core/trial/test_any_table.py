"""Whatever the table and whatever is sent: trying never breaks, and says what the gate says."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from handraise.core.gate.compile import compile_table
from handraise.core.table.expression import names_read
from handraise.core.trial.coverage import coverage_of
from handraise.core.trial.evaluating import value_of
from handraise.core.trial.goals import is_for, seen
from handraise.core.trial.suggesting import suggestions
from handraise.core.trial.trial import PlacedCase, run_cases
from handraise.model import Decision
from tests.support.support_table import table_of
from tests.support.tables import decisions, tables

SLOW = settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ROUTES = st.lists(st.sampled_from(("support", "finance", "owner")), max_size=2, unique=True)


@SLOW
@given(
    text=tables(),
    many=st.lists(st.tuples(decisions() | decisions(usable=True), ROUTES), min_size=1, max_size=8),
)
def test_each_failure_has_a_sentence_and_what_is_reached_fired(text, many):
    table = table_of(text)
    cases = [
        PlacedCase(name=str(n), given=asdict(decision), escalate=tuple(routes))
        for n, (decision, routes) in enumerate(many)
    ]
    trial = run_cases(table, more=cases)
    for result in trial.cases:
        assert result.ok == (not result.why)
        assert all(sentence.encode("utf-8", "strict") for sentence in result.why)
    fired = {reason.row for result in trial.cases for reason in result.reasons}
    assert set(trial.rows_reached) <= fired
    coverage = trial.coverage
    assert coverage.together.of == 8
    assert coverage.rows.of == len(table.rows)


@SLOW
@given(text=tables(), many=st.lists(decisions(usable=True), min_size=1, max_size=8))
def test_an_expression_is_valued_as_the_gate_judges_it(text, many):
    table = table_of(text)
    judge = compile_table(table)
    for decision in many:
        one = seen(table, decision, judge(decision))
        for row in table.rows:
            if row.when is None or not is_for(row, one.evidence):
                continue
            if row.id in one.fired:
                assert value_of(row.when, one.names) is True
                continue
            read = [one.names[name] for name in names_read(row.when)]
            if None not in read and one.evidence.action is not None:
                try:
                    holds = value_of(row.when, one.names)
                except ArithmeticError:
                    holds = False  # the gate stops, and says that it could not judge
                assert holds is False


@settings(SLOW, max_examples=5, phases=[Phase.explicit, Phase.generate])
@given(text=tables())
def test_whatever_is_suggested_is_reached(text):
    table = table_of(text)
    missing = coverage_of(table, []).missing
    judge = compile_table(table)
    found = suggestions(table, missing)
    given = [Decision(**one.given) for one in found if not one.why]
    left = coverage_of(table, [seen(table, one, judge(one)) for one in given]).missing
    assert [goal.name for goal in left] == [one.goal.name for one in found if one.why]
