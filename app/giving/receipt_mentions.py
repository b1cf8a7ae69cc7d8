"""What the law wants on a receipt, and what of it is not there yet: the reason to hold a receipt back.

France: CGI art. 200, 5 and 238 bis, 5 bis; the mentions of forms 2041-RD (CERFA 11580*05) and 2041-MEC-SD
(CERFA 16216*02); BOI-IR-RICI-250-40. Elsewhere: what identifies both sides and the gift, as the IRS asks of a
written acknowledgment.
"""

from collections.abc import Iterator
from enum import StrEnum

from app.giving.receipt_content import IN_KIND, DonorIdentity, ReceiptContent
from app.giving.receipt_wording import GiftNature, ReceiptKind
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _


class Mention(StrEnum):
    """A mention that can be absent; `label` says it to people."""

    NUMBER = "number"
    ISSUER_NAME = "issuer_name"
    ISSUER_ADDRESS = "issuer_address"
    ISSUER_IDENTIFIER = "issuer_identifier"
    ISSUER_PURPOSE = "issuer_purpose"
    ISSUER_CATEGORY = "issuer_category"
    SIGNATORY = "signatory"
    DONOR_NAME = "donor_name"
    DONOR_ADDRESS = "donor_address"
    DONOR_LEGAL_FORM = "donor_legal_form"
    DONOR_SIREN = "donor_siren"
    AMOUNT = "amount"
    AMOUNT_IN_EUROS = "amount_in_euros"
    METHOD = "method"
    DESCRIPTION = "description"

    @property
    def label(self) -> Text:
        """What is absent, in the reader's language."""
        return LABELS[self]


LABELS: dict[Mention, Text] = {
    Mention.NUMBER: _("The receipt’s number"),
    Mention.ISSUER_NAME: _("Your organisation’s name"),
    Mention.ISSUER_ADDRESS: _("Your organisation’s address"),
    Mention.ISSUER_IDENTIFIER: _("Your organisation’s SIREN or RNA number"),
    Mention.ISSUER_PURPOSE: _("Your organisation’s purpose"),
    Mention.ISSUER_CATEGORY: _("Your organisation’s category for tax receipts"),
    Mention.SIGNATORY: _("The name and role of the person who signs"),
    Mention.DONOR_NAME: _("The donor’s full name"),
    Mention.DONOR_ADDRESS: _("The donor’s full address: street, postcode and town"),
    Mention.DONOR_LEGAL_FORM: _("The company’s legal form"),
    Mention.DONOR_SIREN: _("The company’s SIREN number"),
    Mention.AMOUNT: _("The value of the gift in kind, as the donor declares it"),
    Mention.AMOUNT_IN_EUROS: _("The amount in euros"),
    Mention.METHOD: _("How the money was paid"),
    Mention.DESCRIPTION: _("A description of the gift in kind"),
}

ABOUT_DONORS = frozenset(
    {
        Mention.DONOR_NAME, Mention.DONOR_ADDRESS, Mention.DONOR_LEGAL_FORM, Mention.DONOR_SIREN,
        Mention.AMOUNT_IN_EUROS,
    }
)  # fmt: skip
"""What `missing_about` can miss; all else is about the organisation or the gift."""


def _always(content: ReceiptContent) -> Iterator[tuple[Mention, bool]]:
    issuer = content.issuer
    in_kind = [line for line in content.lines if line.nature in IN_KIND]
    yield Mention.NUMBER, bool(content.number) or content.is_specimen
    yield Mention.ISSUER_NAME, bool(issuer.name)
    yield Mention.ISSUER_ADDRESS, bool(issuer.address_lines)
    yield Mention.DESCRIPTION, all(line.description for line in in_kind)


def _french(content: ReceiptContent) -> Iterator[tuple[Mention, bool]]:
    issuer = content.issuer
    paid = [line for line in content.lines if line.nature is GiftNature.MONEY]
    yield Mention.ISSUER_IDENTIFIER, bool(issuer.siren or issuer.rna)
    yield Mention.ISSUER_PURPOSE, bool(issuer.purpose)
    yield Mention.ISSUER_CATEGORY, bool(issuer.category)
    yield Mention.SIGNATORY, bool(issuer.signatory_name and issuer.signatory_role)
    yield Mention.AMOUNT, all(line.amount_minor is not None for line in content.lines)
    yield Mention.METHOD, all(line.method for line in paid)


def _about(donor: DonorIdentity, currency: str, kind: ReceiptKind) -> Iterator[tuple[Mention, bool]]:
    """What is wanted of the donor, and of the currency ("" where nothing is valued)."""
    yield Mention.DONOR_NAME, bool(donor.name)
    if kind is ReceiptKind.PLAIN:
        return
    # "Complete": at least a line for the street or hamlet and one for the town.
    yield Mention.DONOR_ADDRESS, len(donor.address_lines) > 1
    yield Mention.AMOUNT_IN_EUROS, currency in {"EUR", ""}
    if kind is ReceiptKind.FR_COMPANY:
        yield Mention.DONOR_LEGAL_FORM, bool(donor.legal_form)
        yield Mention.DONOR_SIREN, bool(donor.siren)


def missing_about(donor: DonorIdentity, currency: str, kind: ReceiptKind) -> list[Mention]:
    """Of the mentions the law wants those about the donor and the currency that are absent, in the form's order."""
    return _absent(list(_about(donor, currency, kind)))


def _absent(checks: list[tuple[Mention, bool]]) -> list[Mention]:
    absent = {mention for mention, present in checks if not present}
    return [mention for mention in Mention if mention in absent]


def missing_mentions(content: ReceiptContent) -> list[Mention]:
    """The mentions the law wants that are absent, in the order of the form; empty when it may be issued.

    A specimen needs no number. A mention is also its own code (`"donor_address"`), to store or to compare.
    """
    checks = [*_always(content), *_about(content.donor, content.currency, content.kind)]
    if content.kind is not ReceiptKind.PLAIN:
        checks += _french(content)
    return _absent(checks)
