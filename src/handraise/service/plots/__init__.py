"""Plots as pictures: charts by Altair, drawn as SVG in a process of their own."""
