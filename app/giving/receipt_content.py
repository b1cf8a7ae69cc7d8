"""What a receipt says, frozen when it is issued and stored as JSON, so that a copy never depends on anything else.

Everything printed is here, in the words and figures it was first printed with: names, addresses, amounts, dates,
legal sentences, headings. Built by `app.giving.receipt_building`, checked by `app.giving.receipt_mentions`,
printed by `app.giving.receipt_pdf`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from app.giving.receipt_wording import GiftForm, GiftNature, PaidBy, ReceiptKind, Words

CONTENT_VERSION = 1
LAYOUTS = {
    ReceiptKind.FR_PERSON: "fr-2041-rd",
    ReceiptKind.FR_COMPANY: "fr-2041-mec",
    ReceiptKind.PLAIN: "plain",
}
ACCENT = "#1f4e5f"
IN_KIND = frozenset({GiftNature.GOODS, GiftNature.SERVICES})
"""What is described rather than counted: the donor values it, never the receiver."""


class UnknownContent(ValueError):
    """Stored content that this version cannot read: another version, or not a receipt at all."""


class LegalArticle(StrEnum):
    """The articles of the French tax code (CGI) that give a right to a reduction."""

    INCOME_TAX = "200"
    COMPANIES = "238 bis"
    PROPERTY_WEALTH_TAX = "978"


@dataclass(frozen=True)
class Issuer:
    """The body that received the gift and signs for it.

    `category` is the one sentence of the French forms that applies ("Œuvre ou organisme d’intérêt général");
    `recognition` the decree or decision behind it, with its dates. `registration` and `tax_status` serve plain
    receipts ("EIN 12-3456789"; "… is tax-exempt under section 501(c)(3)"). Pictures are PNG files in base64.
    """

    name: str
    address_lines: tuple[str, ...]
    country: str
    purpose: str
    signatory_name: str
    signatory_role: str
    place: str = ""
    siren: str = ""
    rna: str = ""
    category: str = ""
    recognition: str = ""
    registration: str = ""
    tax_status: str = ""
    logo_png: str | None = None
    signature_png: str | None = None
    accent: str = ACCENT


@dataclass(frozen=True)
class DonorIdentity:
    """Who gave: a person's full name, or a company's with its legal form and SIREN."""

    name: str
    address_lines: tuple[str, ...]
    country: str = ""
    legal_form: str = ""
    siren: str = ""


@dataclass(frozen=True)
class ReceiptLine:
    """One payment or one gift in kind, as printed. `amount_minor` is None where a value may not be printed."""

    paid_on: date
    paid_on_text: str
    form: GiftForm
    form_text: str
    nature: GiftNature
    nature_text: str
    method: PaidBy | None
    method_text: str
    description: str
    amount_minor: int | None
    amount_text: str


@dataclass(frozen=True)
class ReceiptContent:
    """A whole receipt. Amounts in minor units of `currency` (empty if nothing is valued); dates as dates.

    `number` is None on a specimen only. `period_from` and `period_to` are set where several payments are covered.
    """

    layout: str
    content_version: int
    kind: ReceiptKind
    language: str
    number: str | None
    is_specimen: bool
    issued_on: date
    issued_on_text: str
    issuer: Issuer
    donor: DonorIdentity
    lines: tuple[ReceiptLine, ...]
    currency: str
    amount_minor: int
    amount_figures: str
    amount_words: str
    period_from: date | None
    period_to: date | None
    period_text: str
    articles: tuple[LegalArticle, ...]
    replaces: str | None
    benefits: str
    words: Words

    def to_json(self) -> dict[str, Any]:
        """The content as JSON values (dates as ISO text), to store and to read back with `from_json`."""
        return {name: _plain(value) for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ReceiptContent":
        """Read stored content back.

        Raises:
            UnknownContent: another version, or a value that is missing or makes no sense.

        """
        if stored.get("content_version") != CONTENT_VERSION:
            raise UnknownContent(f"Content of version {stored.get('content_version')!r}")
        try:
            return cls(**_revived(stored))
        except (KeyError, TypeError, ValueError, AttributeError) as bad:
            raise UnknownContent(f"Not the content of a receipt: {bad}") from bad


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Issuer | DonorIdentity | ReceiptLine):
        return {name: _plain(part) for name, part in vars(value).items()}
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _line(stored: Mapping[str, Any]) -> ReceiptLine:
    method = stored["method"]
    typed = {
        "paid_on": date.fromisoformat(stored["paid_on"]),
        "form": GiftForm(stored["form"]),
        "nature": GiftNature(stored["nature"]),
        "method": None if method is None else PaidBy(method),
    }
    return ReceiptLine(**{**stored, **typed})


def _revived(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The stored values as the types of `ReceiptContent`, none left out and none added."""
    issuer, donor = stored["issuer"], stored["donor"]
    typed: dict[str, Any] = {
        "kind": ReceiptKind(stored["kind"]),
        "issued_on": date.fromisoformat(stored["issued_on"]),
        "issuer": Issuer(**{**issuer, "address_lines": tuple(issuer["address_lines"])}),
        "donor": DonorIdentity(**{**donor, "address_lines": tuple(donor["address_lines"])}),
        "lines": tuple(_line(line) for line in stored["lines"]),
        "period_from": _day(stored["period_from"]),
        "period_to": _day(stored["period_to"]),
        "articles": tuple(LegalArticle(article) for article in stored["articles"]),
        "words": dict(stored["words"]),
    }
    unknown = set(stored) - {field.name for field in fields(ReceiptContent)}
    if unknown:
        raise ValueError(f"unknown values {sorted(unknown)}")
    return {**stored, **typed}
