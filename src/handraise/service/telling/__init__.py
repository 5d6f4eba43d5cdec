"""Messages: worded, taken to people, tried again, and what is done when they do not arrive."""
