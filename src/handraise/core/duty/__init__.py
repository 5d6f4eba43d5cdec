"""Who is next, and when they are there: hours, shifts, holidays, absence, capacity, willingness."""

from handraise.core.duty.duties import Duty, duty_of
from handraise.core.duty.hours import day_start, duty_ends, gap, on_duty
from handraise.core.duty.pick import Directory, Pick, Skip, pick
from handraise.core.duty.standing import ONLY_READS, unavailable

__all__ = [
    "ONLY_READS",
    "Directory",
    "Duty",
    "Pick",
    "Skip",
    "day_start",
    "duty_ends",
    "duty_of",
    "gap",
    "on_duty",
    "pick",
    "unavailable",
]
