"""Measurements: what the gate, the store and the start cost, against what else would do the job.

Ratios come from one run on one machine, with the contestants taking turns; absolute figures are for
orientation. `python -m bench` prints everything, `python -m bench gate` one part.
"""
