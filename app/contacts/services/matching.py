"""Finding the contact a donor already is, or making a new one. What a donor types is attached and never overwrites.

Who is whom is decided in docs/adr/0009-who-is-whom.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactEmail, ContactKind
from app.contacts.rules.channels import email_key
from app.contacts.rules.names import Likeness, PersonName, compare_people, key_of
from app.contacts.rules.organisations import compare_organisations, read_siren
from app.contacts.services.attaching import attach
from app.contacts.services.details import DonorDetails
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import DEFAULT_LANGUAGE
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation
from app.kernel.text import clean


def match_or_create(db: Session, details: DonorDetails, *, actor: Actor) -> Contact:
    """The contact who gives: found by e-mail and name (or SIREN), else made.

    Two identical donors at the same instant become one contact: they take turns, by e-mail address.

    Raises:
        Refused: the donor has no name.

    """
    donor = _tidy(details)
    if not (donor.given_name or donor.family_name or donor.group_name):
        raise Refused(_l("Give a name, please."), field="family_name")
    home = the_organisation(db).country
    _take_turns(db, donor)
    contact = _matching(db, donor)
    if contact is None:
        contact = _create(db, donor)
    else:
        audit.note(db, actor, "contact.matched", contact, source=donor.source)
        if contact.archived_at is not None:
            contact.archived_at = None
            audit.note(db, actor, "contact.restored", contact, source=donor.source)
    attach(db, contact, donor, home=home)
    contact.refresh()
    db.flush()
    return contact


def _tidy(details: DonorDetails) -> DonorDetails:
    """Cleaned, and with only the name that its kind has."""
    typed = [part.name for part in fields(DonorDetails) if part.name != "kind"]
    cleaned: dict[str, Any] = {name: clean(getattr(details, name)) for name in typed}
    cleaned["siren"] = read_siren(cleaned["siren"])
    cleaned["country"] = cleaned["country"].upper()
    of_groups, of_people = ("group_name", "legal_form", "siren"), ("title", "given_name", "family_name")
    unused = of_groups if details.kind is ContactKind.PERSON else of_people
    return replace(details, **{**cleaned, **dict.fromkeys(unused, "")})


def _take_turns(db: Session, donor: DonorDetails) -> None:
    """Wait for whoever is matching the same donor. On SQLite the writing transaction itself is the turn."""
    if db.get_bind().dialect.name != "postgresql":
        return
    name = key_of(donor.group_name or f"{donor.given_name} {donor.family_name}")
    words = {f"contact e-mail {email_key(donor.email)}" if donor.email else f"contact name {name}"}
    if donor.siren:
        words.add(f"contact SIREN {donor.siren}")
    for word in sorted(words):
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        db.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest, signed=True))))


def _matching(db: Session, donor: DonorDetails) -> Contact | None:
    """The one contact this donor is, locked and read afresh; the living record before an archived one."""
    found = _by_siren(db, donor) or _by_email(db, donor)
    if found is None:
        return None
    return db.get(Contact, found.id, with_for_update=True, populate_existing=True)


def _by_siren(db: Session, donor: DonorDetails) -> Contact | None:
    if not donor.siren:
        return None
    same = select(Contact).where(Contact.siren == donor.siren, Contact.kind == donor.kind)
    return _best(db.scalars(same.order_by(Contact.id)).all())


def _by_email(db: Session, donor: DonorDetails) -> Contact | None:
    if not donor.email:
        return None
    sharing = (
        select(Contact)
        .where(Contact.kind == donor.kind)
        .where(Contact.id.in_(select(ContactEmail.contact_id).where(ContactEmail.folded == email_key(donor.email))))
        .order_by(Contact.id)
    )
    likeness = [(_likeness(contact, donor), contact) for contact in db.scalars(sharing)]
    same = [contact for how, contact in likeness if how is Likeness.SAME]
    briefer = [contact for how, contact in likeness if how is Likeness.BRIEFER]
    # "J. Dupont" who may be Jean as well as Jeanne is neither: a person can merge, nobody can untangle
    return _best(same) or (briefer[0] if len(briefer) == 1 else None)


def _likeness(contact: Contact, donor: DonorDetails) -> Likeness:
    if donor.kind is ContactKind.PERSON:
        ours = PersonName(contact.given_name, contact.family_name)
        return compare_people(ours, PersonName(donor.given_name, donor.family_name))
    if contact.siren and donor.siren and contact.siren != donor.siren:
        return Likeness.DIFFERENT
    return compare_organisations(contact.group_name, donor.group_name)


def _best(contacts: Sequence[Contact]) -> Contact | None:
    """The oldest that is not archived, else the oldest."""
    return next((each for each in contacts if each.archived_at is None), next(iter(contacts), None))


def _create(db: Session, donor: DonorDetails) -> Contact:
    contact = Contact(
        kind=donor.kind, title=donor.title, given_name=donor.given_name, family_name=donor.family_name,
        group_name=donor.group_name, legal_form=donor.legal_form, siren=donor.siren,
        language=donor.language or DEFAULT_LANGUAGE, source=donor.source,
    )  # fmt: skip
    db.add(contact)
    return contact
