"""One page that says what a table does and what it promises, for those who answer for it."""
