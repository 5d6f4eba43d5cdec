"""Who is next, and when they are there: hours, shifts, holidays, absence, capacity, willingness."""

from handraise.core.duty.pick import (
    Directory,
    Pick,
    Skip,
    day_start,
    gap,
    on_duty,
    pick,
    unavailable,
)

__all__ = ["Directory", "Pick", "Skip", "day_start", "gap", "on_duty", "pick", "unavailable"]
