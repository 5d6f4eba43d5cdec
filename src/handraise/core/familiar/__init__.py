"""What is familiar: how usual a decision is among those that were learned, and what is unusual.

`look` says what the novelty condition asks; the rest needs NumPy and is imported only where a table
names what was learned. Nothing here fits anything, and nothing is ever chosen on unfamiliar rows.
"""
