"""The workbook of an escalation design: its questions, the answers, and the table they make.

For a team without an engineer: plain questions in, a routing table out whose comments give the
team's own reasons. What is not known yet is an answer too; the table then stops more, never less.
Nothing here reads files or asks anybody: the terminal and the browser do.
"""
