"""The gate with a calibrated confidence: mapped before any row reads it, and said so."""

import math
import re

import pytest

from handraise.core.confidence.mapping import calibrated
from handraise.core.gate.compile import compile_table, generated_source
from handraise.core.gate.evidence import gather
from handraise.core.trial.trial import run_cases
from tests.support.calibrated import CALIBRATED_TABLE, MAP, calibrated_table
from tests.support.support_table import TABLE, changed, sure, table_of


def reasons(table, **fields):
    return [reason.sentence for reason in compile_table(table)(sure(**fields)).reasons]


def test_the_threshold_is_held_against_the_calibrated_number():
    table = calibrated_table()
    assert calibrated(MAP, 0.94) == pytest.approx(0.72)
    assert reasons(table, confidence=0.941) == []
    assert reasons(table, confidence=0.93) == [
        "confidence 0.69 (the agent stated 0.93) is below 0.72"
    ]
    assert reasons(table_of(TABLE), confidence=0.93) == []


def test_what_it_observed_is_the_calibrated_number():
    (reason,) = compile_table(calibrated_table())(sure(confidence=0.93)).reasons
    assert (reason.observed, reason.limit) == ("0.69", "0.72")


def test_the_threshold_itself_goes_ahead_to_the_last_bit():
    for stated in (0.91, 0.93, 0.9300001, 1.0):
        limit = calibrated(MAP, stated)
        table = calibrated_table(changed("below: 0.72", f"below: {limit!r}", CALIBRATED_TABLE))
        assert reasons(table, confidence=stated) == []
        assert reasons(table, confidence=math.nextafter(stated, 0) - 1e-9)


@pytest.mark.parametrize("odd", [None, math.nan, math.inf, True, 1.5, -0.1, "0.99", 10**400])
def test_what_is_unusable_stays_so_and_stops(odd):
    (sentence,) = reasons(calibrated_table(), confidence=odd)
    assert sentence.startswith("no usable confidence: ")


def test_an_expression_reads_the_calibrated_number_and_says_both():
    text = changed("abs(revenue_usd) > 5000", "confidence < 0.8", CALIBRATED_TABLE)
    (sentence,) = reasons(calibrated_table(text), confidence=0.95)
    assert sentence == (
        "confidence is 0.75 (the agent stated 0.95); the table stops where confidence is under 0.8"
    )
    plain = changed("abs(revenue_usd) > 5000", "confidence < 0.97", TABLE)
    assert reasons(table_of(plain), confidence=0.95) == [
        "confidence is 0.95; the table stops where confidence is under 0.97"
    ]


def test_the_evidence_has_both_numbers():
    seen = gather(calibrated_table(), sure(confidence=0.9))
    assert (seen.confidence, seen.stated) == (0.6, 0.9)
    seen = gather(table_of(TABLE), sure(confidence=0.9))
    assert (seen.confidence, seen.stated) == (0.9, 0.9)
    assert math.isnan(gather(calibrated_table(), sure(confidence=None)).confidence)


def test_without_a_calibration_the_generated_function_is_what_it_was():
    plain, mapped = (
        re.sub(r"\bk\d+\b", "k", generated_source(table)).splitlines()
        for table in (table_of(TABLE), calibrated_table())
    )
    assert not any("calibrated" in line for line in plain)
    mapped.remove("        c = calibrated(MAP, c)")
    assert mapped == plain


def test_the_tables_own_tests_are_judged_with_it():
    assert run_cases(table_of(TABLE)).ok
    lower = changed("confidence: 0.95", "confidence: 0.93", CALIBRATED_TABLE)
    assert not run_cases(calibrated_table(lower)).ok
    assert run_cases(calibrated_table()).ok
