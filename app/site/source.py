"""Where a donor came from: campaign marks of the link they followed and the site they came from. No cookies."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from app.kernel.text import clean

MARKS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
REFERRER = "referrer_host"
LONGEST = 100


def source_of(values: Mapping[str, str], referrer: str | None, own_host: str) -> dict[str, str]:
    """The marks among these values (of an address, or carried in a page), and the host of the referring site.

    Only the host is kept of the referrer, never its path; our own pages do not count. Values are cleaned and cut.
    """
    found = {name: clean(values[name])[:LONGEST] for name in (*MARKS, REFERRER) if values.get(name)}
    if referrer and not found.get(REFERRER):
        found[REFERRER] = _host(referrer, own_host)
    return {name: value for name, value in found.items() if value}


def _host(referrer: str, own_host: str) -> str:
    try:
        host = urlsplit(referrer).hostname or ""
    except ValueError:
        return ""
    return "" if host == own_host else clean(host)[:LONGEST]
