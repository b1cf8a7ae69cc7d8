"""What administrators may change about the organisation."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy.orm import Session

from app.admin.pictures import to_png
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
    lapse_days: int
    charge_tries: int
    currency: str
    language: str
    time_zone: str
    colour: str
    website: str
    email: str
    phone: str
    sender_address: str
    creditor_identifier: str
    debit_notice_days: int
    tagline: dict[str, str]


@dataclass(frozen=True)
class PictureChange:
    """A new picture (the file as it was sent), or the wish to have none."""

    picture: bytes | None = None
    drop: bool = False


def edit_organisation(
    db: Session,
    organisation: Organisation,
    details: OrganisationDetails,
    pictures: Mapping[str, PictureChange],
    *,
    actor: Actor,
) -> None:
    """Change the organisation; `pictures` are for "logo" and "signature". Receipts issued before keep what they said.

    Raises:
        Refused: a picture is not one we read.

    """
    for name, change in pictures.items():
        if change.picture:
            setattr(organisation, f"{name}_png", to_png(change.picture, field=name))
        elif change.drop:
            setattr(organisation, f"{name}_png", None)
    for each in fields(details):
        setattr(organisation, each.name, getattr(details, each.name))
    audit.note(db, actor, "organisation.edited", organisation)
