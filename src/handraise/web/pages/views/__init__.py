"""Views turn records into worded, frozen page values; templates only loop, branch and print."""
