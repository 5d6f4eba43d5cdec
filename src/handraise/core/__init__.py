"""The pure core: tables, the gate, the lifecycle, duty.

No I/O, no clock, no logging, no randomness.
"""
