"""The record: sealed and signed day by day, checked, exported, erased from."""
