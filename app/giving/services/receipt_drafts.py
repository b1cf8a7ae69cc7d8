"""What the receipt of a gift would say today, from the organisation, the donor and the payments as they are now."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind
from app.giving.models import Gift
from app.giving.receipt_building import LARGEST_PICTURE, PNG_START, GiftLine, ReceiptRequest, build_receipt
from app.giving.receipt_content import ACCENT, DonorIdentity, Issuer
from app.giving.receipt_mentions import Mention, missing_about, missing_mentions
from app.giving.receipt_wording import ReceiptKind
from app.giving.rules import PAID_BY, receipt_kind
from app.kernel.clock import date_of, today
from app.kernel.i18n import LANGUAGES
from app.kernel.money import Money
from app.kernel.organisation import Organisation, the_organisation
from app.payments.models import PaymentStatus


def _picture(raw: bytes | None) -> str | None:
    """The logo as receipts take it; one that cannot be printed is left out rather than holding a receipt back."""
    fits = raw is not None and raw.startswith(PNG_START) and len(raw) <= LARGEST_PICTURE
    return base64.b64encode(raw).decode() if raw is not None and fits else None


def issuer_of(organisation: Organisation) -> Issuer:
    """The organisation as the one who signs."""
    colour = organisation.colour
    return Issuer(
        name=organisation.legal_name or organisation.name,
        address_lines=tuple(organisation.address_lines),
        country=organisation.country,
        purpose=organisation.purpose,
        signatory_name=organisation.signatory_name,
        signatory_role=organisation.signatory_role,
        place=organisation.city,
        siren=organisation.siren,
        rna=organisation.rna,
        category=organisation.receipt_category,
        recognition=organisation.recognised_on,
        logo_png=_picture(organisation.logo_png),
        signature_png=_picture(organisation.signature_png),
        accent=colour if re.fullmatch(r"#[0-9a-fA-F]{6}", colour) else ACCENT,
    )


def donor_identity(contact: Contact, day: date) -> DonorIdentity:
    """The donor as named and addressed on a receipt of that day."""
    address = contact.address_on(day)
    return DonorIdentity(
        name=contact.name,
        address_lines=tuple(address.lines) if address else (),
        country=address.country if address else "",
        legal_form=contact.legal_form,
        siren=contact.siren,
    )


def _lines(gift: Gift, zone: str) -> list[GiftLine]:
    """What was paid and kept, payment by payment. A gift paid at once bears the gift's own date."""
    payments = [link.payment for link in gift.payments if link.payment.status is PaymentStatus.SETTLED]
    lines = []
    for payment in payments:
        kept = payment.amount - payment.returned
        if kept.minor > 0:
            settled_at = payment.settled_at
            own_day = date_of(settled_at, zone) if settled_at and len(payments) > 1 else gift.received_on
            lines.append(GiftLine(own_day, Money(kept.minor, gift.currency), PAID_BY[payment.method]))
    return lines


@dataclass(frozen=True)
class Letterhead:
    """What the receipts of one day have in common: the organisation, as it signs, and the day."""

    organisation: Organisation
    issuer: Issuer
    day: date


def letterhead(db: Session) -> Letterhead:
    """The organisation as it signs today."""
    organisation = the_organisation(db)
    return Letterhead(organisation, issuer_of(organisation), today(organisation.time_zone))


def draft_receipt(gifts: Sequence[Gift], head: Letterhead, *, replaces: str | None = None) -> ReceiptRequest:
    """The receipt of a gift, or of several of one donor in one currency, before it has a number (as a specimen).

    It is for the amounts that were kept.
    """
    organisation, contact = head.organisation, gifts[0].contact
    donor = donor_identity(contact, head.day)
    return ReceiptRequest(
        kind=receipt_kind_of(contact, donor, organisation),
        issuer=head.issuer,
        donor=donor,
        lines=[line for gift in gifts for line in _lines(gift, organisation.time_zone)],
        issued_on=head.day,
        number=None,
        language=contact.language if contact.language in LANGUAGES else organisation.language,
        replaces=replaces,
    )


def receipt_kind_of(contact: Contact, donor: DonorIdentity, organisation: Organisation) -> ReceiptKind:
    """The form of receipt for a donor as they are named and addressed."""
    is_company = contact.kind is ContactKind.ORGANISATION
    return receipt_kind(organisation.tax_regime, donor.country, is_company=is_company)


def missing_for(gift: Gift, head: Letterhead) -> list[Mention]:
    """What the receipt of this gift still waits for; empty when it may be issued. The gift has kept money."""
    return missing_mentions(build_receipt(draft_receipt([gift], head)))


def missing_of_donor(contact: Contact, currency: str, head: Letterhead) -> list[Mention]:
    """What is missing of the donor, or about the currency, for a receipt of money: much less work than drafting it."""
    donor = donor_identity(contact, head.day)
    return missing_about(donor, currency, receipt_kind_of(contact, donor, head.organisation))
