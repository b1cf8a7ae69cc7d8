"""The list of purposes for which people are written to: added, changed, retired."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import ConsentPurpose
from app.contacts.models.purpose import LONGEST_KEPT
from app.contacts.rules.consents import LawfulBasis
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.inserting import insert_unless_there

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
CHANGED = _l("Somebody else changed this meanwhile. Look at it again, please.")


@dataclass(frozen=True, kw_only=True)
class PurposeDetails:
    """A purpose as it is typed: names and explanations by language."""

    names: Mapping[str, str]
    explanations: Mapping[str, str] = field(default_factory=dict)
    lawful_basis: LawfulBasis = LawfulBasis.CONSENT
    keeps_months: int | None = None


def add_purpose(db: Session, code: str, details: PurposeDetails, *, actor: Actor) -> ConsentPurpose:
    """Add a purpose. Its code stays as it is for ever: wordings, forms and searches name it.

    Raises:
        Refused: the code is no small word or belongs to another purpose, it has no name, or the months make no sense.

    """
    if not CODE.fullmatch(code):
        raise Refused(_l("One word in small letters, such as news."), field="code")
    values = {
        **_checked(details), "code": code, "lawful_basis": details.lawful_basis,
        "keeps_months": details.keeps_months, "version": 1, "created_at": now(),
    }  # fmt: skip
    made = insert_unless_there(db, ConsentPurpose, values, key="code")
    if made is None:
        raise Refused(_l("There is a purpose of this code already, perhaps a retired one."), field="code")
    purpose = db.get_one(ConsentPurpose, made)
    audit.note(db, actor, "purpose.added", purpose, code=code, lawful_basis=details.lawful_basis)
    return purpose


def edit_purpose(
    db: Session, purpose: ConsentPurpose, details: PurposeDetails, *, version: int, actor: Actor
) -> ConsentPurpose:
    """Rename a purpose, or change what it rests on and how long an agreement counts. Old answers keep their basis.

    Raises:
        Refused: somebody changed it since that version, or as in `add_purpose`.

    """
    _hold(db, purpose)
    if purpose.version != version:
        raise Refused(CHANGED)
    for name, value in _checked(details).items():
        setattr(purpose, name, value)
    purpose.lawful_basis, purpose.keeps_months = details.lawful_basis, details.keeps_months
    audit.note(db, actor, "purpose.edited", purpose)
    return purpose


def retire_purpose(db: Session, purpose: ConsentPurpose, *, actor: Actor) -> None:
    """Ask about it no more: giving forms leave it out. What was answered stays."""
    _hold(db, purpose)
    if purpose.archived_at is None:
        purpose.archived_at = now()
        audit.note(db, actor, "purpose.retired", purpose)


def offer_purpose_again(db: Session, purpose: ConsentPurpose, *, actor: Actor) -> None:
    """Ask about a retired one again, with the words it had."""
    _hold(db, purpose)
    if purpose.archived_at is not None:
        purpose.archived_at = None
        audit.note(db, actor, "purpose.offered_again", purpose)


def _hold(db: Session, purpose: ConsentPurpose) -> None:
    """The purpose as it is this instant; nobody changes it until the transaction ends."""
    held = select(ConsentPurpose).where(ConsentPurpose.id == purpose.id).with_for_update()
    db.execute(held.execution_options(populate_existing=True))


def _checked(details: PurposeDetails) -> dict[str, dict[str, str]]:
    names = {code: text.strip() for code, text in details.names.items() if text.strip()}
    if not names:
        raise Refused(_l("Give it a name in at least one language."), field="name_fr")
    if details.keeps_months is not None and not 1 <= details.keeps_months <= LONGEST_KEPT:
        raise Refused(_l("From 1 to 600 months, or nothing."), field="keeps_months")
    told = {code: text.strip() for code, text in details.explanations.items() if text.strip()}
    return {"names": names, "explanations": told}
