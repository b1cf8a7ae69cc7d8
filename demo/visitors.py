"""Invented donors who use the demo's public pages once, so that staff find gifts of every sort to look at.

They come by HTTP like anybody else: the giving form, the payment page, the way back. Run after the demo's first
start: `python -m demo.visitors --site http://127.0.0.1:8000`.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

PAUSE, BETWEEN = 3.0, 4.0
"""Seconds between opening the form and sending it, as whoever is quicker is taken for a machine; and between two.

All come from one address, which may send twelve forms a minute, and so does whoever tries the demo.
"""
CARD, DECLINED, ASKS, DISPUTED = "4242424242424242", "4000000000000002", "4000002500003155", "4000000000000259"
IBAN = "FR1420041010050500013M02606"


@dataclass(frozen=True)
class Visitor:
    """One invented donor: which form, what is typed there, and how it is paid."""

    typed: dict[str, str]
    numbers: tuple[str, ...] = (CARD,)
    form: str = "soutenir"
    language: str = "fr"
    address: dict[str, str] = field(default_factory=dict)


def _person(given: str, family: str, email: str, **more: str) -> dict[str, str]:
    return {"given_name": given, "family_name": family, "email": f"{email}@exemple.example", "country": "FR", **more}


LYON = {"wants_receipt": "y", "street": "3 rue des Écoles", "postcode": "69001", "city": "Lyon"}
PARIS = {"wants_receipt": "y", "street": "27 rue de la Fontaine au Roi", "postcode": "75011", "city": "Paris"}
VISITORS = (
    Visitor(_person("Éloïse", "d’Hérouville", "eloise.herouville", amount_once="5000", consents="1"), address=PARIS),
    Visitor(_person("Camille", "Perrin", "camille.perrin", frequency="month", amount_recurring="1000"), address=LYON),
    Visitor(_person("Samir", "Haddad", "samir.haddad", amount_once="10000", cover="y"), (DECLINED, CARD)),
    Visitor(_person("राजन", "भट्टराई", "rajan.bhattarai", amount_once="2000"), language="ne"),
    Visitor(_person("Margaux", "Lenoir", "margaux.lenoir", amount_once="25000"), (IBAN,), address=LYON),
    Visitor(
        _person("Oliver", "Whitfield", "oliver.whitfield", amount_once="10000", tribute="memory",
                honoree="Dr Anne Whitfield", notify_name="Ruth Whitfield", notify_email="ruth@exemple.example",
                tribute_message="She would have loved the workshop.", country="GB"),
        (ASKS,), language="en",
    ),
    Visitor(_person("Basile", "Tournier", "basile.tournier", amount_once="5000", comment="Bravo !"), form="hiver"),
    Visitor(_person("Kévin", "Douteux", "kevin.douteux", amount_once="other", other="35"), (DISPUTED,)),
    Visitor(
        {"donor_kind": "company", "company": "Menuiserie du Vercors", "legal_form": "SARL", "siren": "999999931",
         "email": "atelier@vercors.example", "country": "FR", "amount_once": "25000"},
        address=LYON,
    ),
    Visitor(_person("Nadia", "Belkacem", "nadia.belkacem", frequency="month", amount_recurring="2500"), (IBAN,)),
    Visitor(_person("Étienne", "Vasseur", "etienne.vasseur", frequency="quarter", amount_recurring="5000")),
    Visitor(_person("Hélène", "Béranger", "helene.beranger", frequency="year", amount_recurring="5000"), address=PARIS),
)  # fmt: skip


class Untouched(HTMLParser):
    """What a browser would send of a form that nobody touched: hidden values, ticked choices, first options."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = ""

    @classmethod
    def values_of(cls, page: str) -> dict[str, str]:
        """The values of every form of a page."""
        filled = cls()
        filled.feed(page)
        return filled.values

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the tag would send."""
        found = {name: value or "" for name, value in attrs}
        if tag == "select":
            self._select = found.get("name", "")
        elif tag == "option" and self._select and ("selected" in found or self._select not in self.values):
            self.values[self._select] = found.get("value", "")
        elif tag == "input" and found.get("name"):
            is_choice = found.get("type") in {"radio", "checkbox"}
            if not is_choice or "checked" in found:
                self.values[found["name"]] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Options end with their list."""
        if tag == "select":
            self._select = ""


def ask(url: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Open an address, or send a form to it; the status, where it leads to ("" when nowhere), and the page."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    body = urlencode(form) if form is not None else None
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    try:
        connection.request("POST" if form is not None else "GET", path, body, headers)
        answer = connection.getresponse()
        page = answer.read().decode(errors="replace")
        return answer.status, urljoin(url, answer.headers.get("Location") or "") if answer.status == 303 else "", page
    finally:
        connection.close()


def visit(site: str, visitor: Visitor) -> bool:
    """Give once as this visitor. False when the site did not lead to the payment page or back."""
    address = f"{site}/give/{visitor.form}?lang={visitor.language}"
    untouched = Untouched.values_of(ask(address)[2])
    time.sleep(PAUSE)
    typed = {**untouched, **visitor.typed, **visitor.address}
    _status, payment_page, _page = ask(address, typed)
    if not payment_page:
        return False
    back = ""
    for number in visitor.numbers:
        how = {"method": "sepa_debit", "iban": number} if number[:2].isalpha() else {"method": "card", "number": number}
        paid = {"email": visitor.typed["email"], "name": "Demo", "expiry": "12 / 34", "cvc": "123", **how}
        _status, back, _page = ask(payment_page, paid)
    if back.endswith("/authenticate"):
        _status, back, _page = ask(back, {"result": "complete"})
    return bool(back) and ask(back)[0] == 200


def main() -> int:
    """Let all of them give, one after the other; say how many went through."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--site", required=True)
    site = asked.parse_args().site.rstrip("/")
    given = 0
    for visitor in VISITORS:
        given += visit(site, visitor)
        time.sleep(BETWEEN)
    sys.stdout.write(f"{given} of {len(VISITORS)} invented donors have given online.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
