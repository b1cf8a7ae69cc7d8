"""The donor behind a submission: matched or made once, with what they agreed to."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import ConsentWording, Contact, ContactKind
from app.contacts.services import ConsentAnswer, DonorDetails, match_or_create, record_consents
from app.giving.models import DonorKind, Submission
from app.giving.services.locking import hold_submission, note_held
from app.kernel.actors import Actor

SAME_NAMES = (
    "title", "given_name", "family_name", "legal_form", "siren", "email", "phone", "street", "postcode", "city",
    "country",
)  # fmt: skip
"""Answers that a donor's details have under the same name."""


def donor_details(submission: Submission) -> DonorDetails:
    """What the donor said of themselves, in the words of contacts."""
    is_company = submission.donor_kind is DonorKind.COMPANY
    return DonorDetails(
        kind=ContactKind.ORGANISATION if is_company else ContactKind.PERSON,
        group_name=submission.answer("company") if is_company else "",
        language=submission.language,
        source=f"form:{submission.form.slug}",
        **{name: submission.answer(name) for name in SAME_NAMES},
    )


def donor_of(db: Session, submission: Submission, *, actor: Actor) -> Contact:
    """The contact who sent it, matched or made the first time it is asked, with their consents recorded then.

    Holds the submission, so that two messages about one gift do this once.
    """
    hold_submission(db, submission)
    if submission.contact is not None:
        return submission.contact
    contact = match_or_create(db, donor_details(submission), actor=actor)
    db.flush()  # a contact that was made just now has no key before
    note_held(db, Contact, contact.id)  # made, or locked while it was looked for
    submission.contact_id = contact.id
    _keep_consents(db, submission, contact, actor=actor)
    return contact


def _keep_consents(db: Session, submission: Submission, contact: Contact, *, actor: Actor) -> None:
    """Words that are not ours are left out: a forged answer must not keep money from being booked."""
    typed: list[dict[str, Any]] = submission.answers.get("consents") or []
    if not typed:
        return
    given = {int(answer["wording_id"]): bool(answer["is_given"]) for answer in typed}
    known = db.scalars(select(ConsentWording.id).where(ConsentWording.id.in_(given)).order_by(ConsentWording.id))
    answers = [ConsentAnswer(wording_id, given[wording_id]) for wording_id in known]
    source = f"form:{submission.form.slug}"
    record_consents(db, contact, answers, source=source, language=submission.language, actor=actor)
