"""iCalendar texts for tests."""


def event(uid="one", summary="Dana Reyes on call", **lines):
    """Return an event; `DTSTART__TZID=…` style names become `DTSTART;TZID=…:`."""
    said = {"UID": uid, "SUMMARY": summary} | lines
    written = [f"{_name(name)}:{value}" for name, value in said.items() if value is not None]
    return "\n".join(["BEGIN:VEVENT", *written, "END:VEVENT"])


def _name(name):
    """Return `DTSTART;TZID=Europe/Lisbon` for `DTSTART@Europe/Lisbon`, `X-Y` for `X_Y`."""
    first, at, zone = name.partition("@")
    return first.replace("_", "-") + (f";TZID={zone}" if at else "")


def calendar(*parts):
    """Return a calendar of events and time zones."""
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test", *parts, "END:VCALENDAR"])


BERLIN_BY_HAND = """\
BEGIN:VTIMEZONE
TZID:Our Berlin
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE"""
