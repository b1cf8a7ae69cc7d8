"""A person's browser without a window: an address of its own, cookies, and a note of every answer it got."""

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import requests

Found = TypeVar("Found")
ANSWERS_WITHIN = (3.0, 45.0)
"""Seconds to connect and to answer; a page that asks a gateway that hangs takes its time."""


USUAL = frozenset({200, 302, 303, 402, 503})
"""What people may be answered on a bad day: 402 is the payment service's word for a declined card."""
_TITLE = re.compile("<title>(.*?)</title>", re.DOTALL)


class GaveUp(Exception):
    """A person lost patience."""


@dataclass
class Browser:
    """One person's browser. `address` is where they come from; they give up at the instant `until` (monotonic)."""

    address: str
    until: float
    answers: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, url: str, form: Mapping[str, str] | None = None) -> requests.Response | None:
        """Open an address or send a form to it. None where nobody answers; what leads elsewhere is not followed."""
        headers = {"X-Forwarded-For": self.address, "Accept": "text/html", "Accept-Language": "en"}
        method = "GET" if form is None else "POST"
        try:
            answer = self.session.request(
                method, url, data=form, headers=headers, timeout=ANSWERS_WITHIN, allow_redirects=False
            )
        except requests.RequestException:
            self.answers["no answer"] += 1
            return None
        self.answers[str(answer.status_code)] += 1
        if answer.status_code not in USUAL:
            title = _TITLE.search(answer.text)
            self.strange.append(
                f"{method} {url}: {answer.status_code} “{title[1].strip() if title else answer.text[:80]}”"
            )
        return answer

    def until_answered(self, look: Callable[[], Found | None], pause: float = 0.4) -> Found:
        """Do it again and again, as people do.

        Raises:
            GaveUp: it takes too long.

        """
        while (found := look()) is None:
            if time.monotonic() > self.until:
                raise GaveUp
            time.sleep(pause)
        return found

    def opened(self, url: str) -> requests.Response:
        """A page that is there at last."""

        def look() -> requests.Response | None:
            answer = self.ask(url)
            return answer if answer is not None and answer.status_code < 400 else None

        return self.until_answered(look)
