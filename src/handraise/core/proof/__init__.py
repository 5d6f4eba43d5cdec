"""What holds for every decision that could ever come: claims of a table, proved by z3.

Numbers are real numbers here, and what was learned is an answer nobody knows beforehand: what that
leaves open is said with each proof.
"""
