"""When confidence is enough: thresholds with a guarantee, what they cost, how honest a score is.

What finds, fits and draws needs NumPy and SciPy, and takes labels as arrays that somebody else has
read; what the gate needs of it at work does without.
"""
