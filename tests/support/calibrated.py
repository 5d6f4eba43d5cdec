"""A table that reads a calibrated confidence, and the calibration that it names."""

import msgspec

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.read import read
from handraise.core.table.types import Calibration
from handraise.service.reading.calibration import FORM, CalibrationFile, KeptPromise
from tests.support.support_table import TABLE, changed

MAP = CalibrationMap("platt", ((0.0, 0.0), (0.9, 0.6), (1.0, 0.9)))
CALIBRATION = Calibration(file="", digest="c" * 64, labels=4_000, map=MAP)
CALIBRATED_TABLE = changed("escalate:\n", "confidence: calibrated\n\nescalate:\n", TABLE)

PROMISE = KeptPromise(
    threshold=0.9, calibrated=0.6, sure=0.95, labels=4_000, accepted=3_120, errors=31, bound=0.016
)
FILE = CalibrationFile(
    handraise_calibration=FORM, made_with="0", made_at="2026-01-05T09:00:00Z", agent="support-agent",
    labels=4_000, map=MAP, max_error=0.02, sure=0.95, minimum_coverage=0.2, overall=PROMISE,
    by_type={}, columns={"confidence": "score", "correct": "right"},
)  # fmt: skip


def calibrated_table(text=CALIBRATED_TABLE, calibration=CALIBRATION):
    """Return the table of a text that must be without errors."""
    reading = read(text, calibration=lambda _file: calibration)
    assert reading.table is not None, [finding.line_text() for finding in reading.errors]
    return reading.table


def with_calibration(**fields):
    """Return the calibration with some fields changed."""
    return msgspec.structs.replace(CALIBRATION, **fields)
