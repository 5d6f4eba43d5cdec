"""Fitting: from labelled rows to what is familiar. Needs scikit-learn; the result needs NumPy only.

INVARIANT: a held-out row is never fitted on; nothing is chosen by how unfamiliar rows score.
"""
