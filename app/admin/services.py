"""What administrators may change about the organisation."""

from dataclasses import dataclass, fields

from sqlalchemy.orm import Session

from app.admin.logo import to_png
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.organisation import Organisation, TaxRegime


@dataclass(frozen=True, kw_only=True)
class OrganisationDetails:
    """The organisation as it is written on receipts and shown on pages; names are those of the record."""

    name: str
    legal_name: str
    legal_form: str
    siren: str
    rna: str
    street: str
    postcode: str
    city: str
    country: str
    purpose: str
    receipt_category: str
    recognised_on: str
    tax_regime: TaxRegime
    signatory_name: str
    signatory_role: str
    fiscal_year_start_month: int
    currency: str
    language: str
    time_zone: str
    colour: str
    website: str
    email: str
    phone: str
    sender_address: str
    tagline: dict[str, str]


@dataclass(frozen=True)
class LogoChange:
    """A new picture (the file as it was sent), or the wish to have none."""

    picture: bytes | None = None
    drop: bool = False


def edit_organisation(
    db: Session, organisation: Organisation, details: OrganisationDetails, logo: LogoChange, *, actor: Actor
) -> None:
    """Change the organisation. Receipts issued before keep what they said.

    Raises:
        Refused: the logo is not a picture we read.

    """
    if logo.picture:
        organisation.logo_png = to_png(logo.picture)
    elif logo.drop:
        organisation.logo_png = None
    for each in fields(details):
        setattr(organisation, each.name, getattr(details, each.name))
    audit.note(db, actor, "organisation.edited", organisation)
