"""What `handraise learn` is worth and what it costs, on real rows that are no part of the project.

INVARIANT: nothing is fitted, calibrated or chosen on a foreign row; those are only scored.
"""
