"""Services: the gate at work, the desk where people answer, the worker, and how they are wired."""
