"""The pages on which people see what is asked of them, and answer."""
