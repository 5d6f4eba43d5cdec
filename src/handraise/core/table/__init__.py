"""The routing table: read with positions, checked, built, worded, digested."""
