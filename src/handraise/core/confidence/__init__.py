"""When confidence is enough: thresholds with a guarantee, what they cost, how honest a score is.

Every module here needs NumPy, most of them SciPy; the gate never imports those that do. Labels come
in as arrays that somebody else has read and checked.
"""
