"""From a gift to the content of its receipt: the arithmetic, the words and the law, without a database.

`build_receipt` says exactly what will be printed. It does not decide whether the receipt may be issued: that is
`app.giving.receipt_mentions.missing_mentions`, and the settled money behind it.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.giving.amount_words import amount_in_words
from app.giving.receipt_content import (
    CONTENT_VERSION,
    IN_KIND,
    LAYOUTS,
    DonorIdentity,
    Issuer,
    LegalArticle,
    ReceiptContent,
    ReceiptLine,
)
from app.giving.receipt_letters import printable
from app.giving.receipt_wording import (
    FORMS_FR,
    METHODS,
    NATURES,
    GiftForm,
    GiftNature,
    PaidBy,
    ReceiptKind,
    Words,
    words_for,
)
from app.kernel.i18n import babel_locale, format_day, format_money, speaking
from app.kernel.money import Money, exponent

ARTICLES_OF = {
    ReceiptKind.FR_PERSON: (LegalArticle.INCOME_TAX, LegalArticle.PROPERTY_WEALTH_TAX),
    ReceiptKind.FR_COMPANY: (LegalArticle.COMPANIES,),
    ReceiptKind.PLAIN: (),
}
"""The articles each form may certify."""
LARGEST_PICTURE = 400_000
"""Bytes of a logo or a signature: it is stored with every receipt."""
UNSAID = frozenset(
    {"acknowledges_money", "acknowledges_kind", "acknowledges_both", "nothing_in_return", "done_on", "from_to"}
)
"""Variants that have been chosen from once a receipt is built."""
PNG_START = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class GiftLine:
    """One payment received, or one gift in kind.

    `amount` is positive: the donor's cost for gifts in kind, as the donor declares it; None if it is not known.
    `description` tells goods and services exhaustively (what, how many, who was lent and how long).
    """

    paid_on: date
    amount: Money | None
    method: PaidBy | None = None
    nature: GiftNature = GiftNature.MONEY
    form: GiftForm = GiftForm.HAND_GIFT
    description: str = ""


@dataclass(frozen=True)
class ReceiptRequest:
    """What a receipt is asked to say.

    `number` None makes a specimen. `articles` empty means the first the form allows. `period` (first and last day,
    both included) is taken from the lines where it is not given and they are several. `benefits` describes what the
    donor got in return with a fair estimate (plain receipts only); empty means nothing was given.
    """

    kind: ReceiptKind
    issuer: Issuer
    donor: DonorIdentity
    lines: Sequence[GiftLine]
    issued_on: date
    number: str | None
    language: str = "fr"
    articles: tuple[LegalArticle, ...] = ()
    period: tuple[date, date] | None = None
    replaces: str | None = None
    benefits: str = ""


def _check_picture(picture: str | None) -> None:
    if picture is None:
        return
    try:
        raw = base64.b64decode(picture, validate=True)
    except binascii.Error as bad:
        raise ValueError("A picture is PNG in base64") from bad
    if not raw.startswith(PNG_START) or len(raw) > LARGEST_PICTURE:
        raise ValueError(f"A picture is PNG of at most {LARGEST_PICTURE} bytes")


def _check(request: ReceiptRequest) -> None:
    words_for(request.kind, request.language)
    if not request.lines:
        raise ValueError("A receipt is for at least one gift")
    if request.number is not None and not request.number.strip():
        raise ValueError("A receipt has a number, or None for a specimen")
    for line in request.lines:
        if line.amount is not None and line.amount.minor <= 0:
            raise ValueError("A receipt is for amounts above nought")
        if line.amount is None and line.nature not in IN_KIND:
            raise ValueError("Only a gift in kind may have no amount")
    if set(request.articles) - set(ARTICLES_OF[request.kind]):
        raise ValueError(f"{request.kind} does not certify {', '.join(request.articles)}")
    if request.period and request.period[0] > request.period[1]:
        raise ValueError("A period begins before it ends")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", request.issuer.accent):
        raise ValueError("A colour is written #rrggbb")
    _check_picture(request.issuer.logo_png)
    _check_picture(request.issuer.signature_png)


def _lines(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text in map(printable, texts) if text)


def _siren(text: str) -> str:
    """SIREN in groups of three, as it is read; anything else stays as it is."""
    digits = "".join(text.split())
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}" if re.fullmatch(r"\d{9}", digits) else printable(text)


def _country(code: str) -> tuple[str, ...]:
    name = babel_locale().territories.get(code.upper())
    return (printable(name),) if name else ()


def _issuer(issuer: Issuer, kind: ReceiptKind) -> Issuer:
    country = _country(issuer.country) if kind is ReceiptKind.PLAIN else ()
    return replace(
        issuer,
        name=printable(issuer.name),
        address_lines=_lines(issuer.address_lines) + country,
        purpose=printable(issuer.purpose),
        signatory_name=printable(issuer.signatory_name),
        signatory_role=printable(issuer.signatory_role),
        place=printable(issuer.place),
        siren=_siren(issuer.siren),
        rna=printable(issuer.rna),
        category=printable(issuer.category),
        recognition=printable(issuer.recognition),
        registration=printable(issuer.registration),
        tax_status=printable(issuer.tax_status),
    )


def _donor(donor: DonorIdentity, home: str) -> DonorIdentity:
    country = _country(donor.country) if donor.country.upper() != home.upper() else ()
    return replace(
        donor,
        name=printable(donor.name),
        address_lines=_lines(donor.address_lines) + country,
        legal_form=printable(donor.legal_form),
        siren=_siren(donor.siren),
    )


def _line(line: GiftLine, kind: ReceiptKind, language: str) -> ReceiptLine:
    # Outside France the receiver describes a gift in kind and never values it (IRS, written acknowledgments).
    amount = None if kind is ReceiptKind.PLAIN and line.nature in IN_KIND else line.amount
    return ReceiptLine(
        paid_on=line.paid_on,
        paid_on_text=format_day(line.paid_on, "long"),
        form=line.form,
        form_text="" if kind is ReceiptKind.PLAIN else FORMS_FR[line.form],
        nature=line.nature,
        nature_text=NATURES[language][line.nature],
        method=line.method,
        method_text=METHODS[language][line.method] if line.method else "",
        description=printable(line.description),
        amount_minor=amount.minor if amount else None,
        amount_text=printable(format_money(amount)) if amount else "",
    )


def _articles_text(articles: tuple[LegalArticle, ...]) -> tuple[str, str]:
    """As a heading ("Articles 200 et 978") and in a sentence ("aux articles 200 et 978")."""
    if len(articles) == 1:
        return f"Article {articles[0]}", f"à l’article {articles[0]}"
    numbers = " et ".join(articles)
    return f"Articles {numbers}", f"aux articles {numbers}"


def _acknowledgement(words: Words, lines: Sequence[ReceiptLine], kind: ReceiptKind) -> str:
    """The sentence before the amount, which differs by what was given."""
    in_kind = [line.nature in IN_KIND for line in lines]
    if kind is ReceiptKind.FR_COMPANY:
        which = "kind" if all(in_kind) else "both" if any(in_kind) else "money"
        return words[f"acknowledges_{which}"]
    without_value = not any(line.amount_text for line in lines)
    return words["acknowledges_kind" if kind is ReceiptKind.PLAIN and without_value else "acknowledges"]


def _filled(request: ReceiptRequest, issuer: Issuer, lines: Sequence[ReceiptLine]) -> Words:
    """The words with every place in braces filled, and without the sentences this receipt does not say."""
    words = words_for(request.kind, request.language)
    day = format_day(request.issued_on, "long")
    said = {
        "acknowledges": _acknowledgement(words, lines, request.kind),
        "done_at": words["done_at" if issuer.place else "done_on"].format(place=issuer.place, date=day),
        "signature_alt": words["signature_alt"].format(name=issuer.signatory_name),
        "logo_alt": words["logo_alt"].format(name=issuer.name),
        "notice_copy": words["notice_copy"].format(date=day),
        "replaces": words["replaces"].format(number=request.replaces) if request.replaces else "",
    }
    if request.kind is ReceiptKind.PLAIN:
        benefits = words["in_return"].format(benefits=request.benefits)
        said["in_return"] = benefits if request.benefits else words["nothing_in_return"]
    else:
        heading, sentence = _articles_text(request.articles)
        said["subtitle"] = words["subtitle"].format(articles=heading)
        said["honour"] = words["honour"].format(at_articles=sentence)
    return {key: text for key, text in {**words, **said}.items() if key not in UNSAID}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _total(request: ReceiptRequest, lines: Sequence[ReceiptLine]) -> Money | None:
    """The sum of what is printed with a value; None where nothing is."""
    valued = [
        gift.amount
        for gift, line in zip(request.lines, lines, strict=True)
        if gift.amount is not None and line.amount_minor is not None
    ]
    return sum(valued[1:], start=valued[0]) if valued else None


def _amounts(total: Money | None, language: str) -> dict[str, Any]:
    if total is None:
        return {"currency": "", "amount_minor": 0, "amount_figures": "", "amount_words": ""}
    words = amount_in_words(total.minor, total.currency, exponent=exponent(total.currency), language=language)
    return {
        "currency": total.currency,
        "amount_minor": total.minor,
        "amount_figures": printable(format_money(total)),
        "amount_words": _capital(printable(words)),
    }


def _period_parts(request: ReceiptRequest) -> dict[str, Any]:
    days = [line.paid_on for line in request.lines]
    period = request.period or ((min(days), max(days)) if len(days) > 1 else None)
    if period is None:
        return {"period_from": None, "period_to": None, "period_text": ""}
    first, last = period
    words = words_for(request.kind, request.language)
    since, until = format_day(first, "long"), format_day(last, "long")
    text = words["from_to"].format(first=since, last=until) if first < last else since
    return {"period_from": first, "period_to": last, "period_text": text}


def build_receipt(request: ReceiptRequest) -> ReceiptContent:
    """Freeze what the receipt says.

    Raises:
        ValueError: no lines, an amount of nought or less, an article the form does not know, no words in the
            language, a picture that is not a small PNG, an unknown currency.
        CurrencyMismatch: gifts in two currencies.

    """
    _check(request)
    plain = request.kind is ReceiptKind.PLAIN
    request = replace(
        request,
        language=request.language if plain else "fr",
        benefits=printable(request.benefits) if plain else "",
        articles=request.articles or ARTICLES_OF[request.kind][:1],
        lines=sorted(request.lines, key=lambda line: line.paid_on),
        number=printable(request.number) if request.number else None,
        replaces=printable(request.replaces) if request.replaces else None,
    )
    with speaking(request.language):
        return _frozen(request)


def with_number(specimen: ReceiptContent, number: str) -> ReceiptContent:
    """A receipt that was built without its number, with it: the same as if it had been known from the beginning."""
    return replace(specimen, number=printable(number), is_specimen=False)


def _frozen(request: ReceiptRequest) -> ReceiptContent:
    """The content of a checked request, in the language in force."""
    issuer = _issuer(request.issuer, request.kind)
    lines = tuple(_line(line, request.kind, request.language) for line in request.lines)
    return ReceiptContent(
        layout=LAYOUTS[request.kind],
        content_version=CONTENT_VERSION,
        kind=request.kind,
        language=request.language,
        number=request.number,
        is_specimen=request.number is None,
        issued_on=request.issued_on,
        issued_on_text=format_day(request.issued_on, "long"),
        issuer=issuer,
        donor=_donor(request.donor, request.issuer.country),
        lines=lines,
        articles=request.articles,
        replaces=request.replaces,
        benefits=request.benefits,
        words=_filled(request, issuer, lines),
        **_amounts(_total(request, lines), request.language),
        **_period_parts(request),
    )
