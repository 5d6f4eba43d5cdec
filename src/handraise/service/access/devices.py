"""What a session is on, in plain words, from what the browser says of itself.

It is for people to recognise their own sessions by; a browser may say anything, so nothing is ever
decided by it.
"""

from __future__ import annotations

BROWSERS = (
    ("edg/", "Edge"),
    ("edga/", "Edge"),
    ("edgios/", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser/", "Samsung Internet"),
    ("firefox/", "Firefox"),
    ("fxios/", "Firefox"),
    ("headlesschrome/", "Chrome"),
    ("chromium/", "Chromium"),
    ("crios/", "Chrome"),
    ("chrome/", "Chrome"),
    ("safari/", "Safari"),
)
"""What a user agent holds, the more particular first: most say that they are Safari too."""

SYSTEMS = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("cros", "ChromeOS"),
    ("macintosh", "Mac"),
    ("linux", "Linux"),
)


def device_words(user_agent: str) -> str:
    """Return a user agent in plain words; empty for one that says nothing we know.

    Example:
        >>> device_words("Mozilla/5.0 (Android 16; Mobile; rv:149.0) Gecko/149.0 Firefox/149.0")
        'Firefox on Android'
        >>> device_words("curl/8.5.0")
        ''
    """
    said = user_agent[:1_000].lower()
    browser = next((name for mark, name in BROWSERS if mark in said), "")
    system = next((name for mark, name in SYSTEMS if mark in said), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system
