"""Team rehearsals: one exercise with all the named people at once, and its signed protocol."""
