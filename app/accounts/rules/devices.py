"""With what somebody came: a browser and a system in plain words, the same in every language."""

import re

_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Macintosh", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
_BROWSERS = (
    ("Edg(?:e|A|iOS)?/", "Edge"), ("OPR/|Opera", "Opera"), ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/|FxiOS/", "Firefox"), ("Chrome/|CriOS/|Chromium/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
BETWEEN = " · "


def device_in_words(user_agent: str) -> str:
    """Name browser and system ("Firefox · Windows") by what a browser says of itself; "" when that is nothing known.

    The order matters, since most browsers also claim to be others.
    """
    browser = next((name for sign, name in _BROWSERS if re.search(sign, user_agent)), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return BETWEEN.join(part for part in (browser, system) if part)
