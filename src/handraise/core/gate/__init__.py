"""The gate: judges a decision by a table, total and fail-closed.

`compile_table` makes one Python function of a table; `stopper` and `explain` word its reasons;
`evidence` says what is usable of whatever an agent sends; `digest` freezes it.
"""
