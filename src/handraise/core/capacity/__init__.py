"""Whether people have the capacity, by formulas: a sanity check for one step and one hour.

What really happens is simulated, in `handraise.service.simulating`: formulas know no hours, no
routes and no bursts.
"""
