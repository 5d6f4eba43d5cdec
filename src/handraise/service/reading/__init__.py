"""Tables read from files and the store, with the calendars and labels they name."""
