"""What a session is on, from what real browsers say of themselves."""

import pytest

from handraise.service.access.devices import device_words

APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (f"{MAC} {APPLE} Version/18.1 Safari/605.1.15", "Safari on Mac"),
        (f"{WINDOWS} {BLINK} Chrome/148.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} {BLINK} Chrome/148.0.0.0 Safari/537.36 Edg/148.0", "Edge on Windows"),
        (f"{MAC} {BLINK} Chrome/148.0 Safari/537.36 OPR/120.0", "Opera on Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0",
         "Firefox on Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {BLINK} Chrome/148.0 Safari/537.36",
         "Chrome on ChromeOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {APPLE} Version/18.1 Mobile/15E148"
         " Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {APPLE} CriOS/148.0 Mobile Safari",
         "Chrome on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 16; K) {BLINK} SamsungBrowser/28.0 Chrome/130.0 Mobile"
         " Safari/537.36", "Samsung Internet on Android"),
        ("Something on Windows", "Windows"),
        ("Firefox/149.0", "Firefox"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
        ("x" * 2_000 + "firefox/1", ""),
    ],
)  # fmt: skip
def test_a_device_is_told_in_plain_words(said: str, words: str) -> None:
    assert device_words(said) == words
