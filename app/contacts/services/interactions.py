"""Interactions with contacts: recorded, changed and taken away."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import Contact, Direction, Interaction, InteractionKind
from app.contacts.models.interaction import ONE_WAY
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

AHEAD = timedelta(days=1)
"""How far a clock, or a person, may be ahead of the present."""


@dataclass(frozen=True, kw_only=True)
class InteractionDetails:
    """An interaction as it is typed. `happened_at` is an instant; a meeting's direction is left out."""

    kind: InteractionKind
    happened_at: datetime
    subject: str
    staff_user: StaffUser
    direction: Direction | None = None
    notes: str = ""


def record_interaction(db: Session, contact: Contact, details: InteractionDetails, *, actor: Actor) -> Interaction:
    """Write down what took place with a contact.

    Raises:
        Refused: it says nothing, lies in the future, or was with somebody who had left.

    """
    _check(details, None)
    interaction = Interaction(
        contact=contact, kind=details.kind, direction=_direction(details), happened_at=details.happened_at,
        subject=details.subject, notes=details.notes, staff_user=details.staff_user,
    )  # fmt: skip
    db.add(interaction)
    audit.note(db, actor, "interaction.recorded", interaction)
    return interaction


def edit_interaction(
    db: Session, interaction: Interaction, details: InteractionDetails, *, actor: Actor
) -> Interaction:  # fmt: skip
    """Make it as described. Its version rises if anything changes, so that whoever edits an older one is told.

    Raises:
        Refused: as when it is recorded.

    """
    _check(details, interaction)
    interaction.kind, interaction.direction = details.kind, _direction(details)
    interaction.happened_at, interaction.staff_user = details.happened_at, details.staff_user
    interaction.subject, interaction.notes = details.subject, details.notes
    audit.note(db, actor, "interaction.edited", interaction)
    return interaction


def delete_interaction(db: Session, interaction: Interaction, *, actor: Actor) -> None:
    """Take away what did not take place; the audit trail keeps what it said."""
    audit.note(db, actor, "interaction.deleted", interaction)
    db.delete(interaction)


def _direction(details: InteractionDetails) -> Direction | None:
    return details.direction if details.kind in ONE_WAY else None


def _check(details: InteractionDetails, interaction: Interaction | None) -> None:
    if not details.subject:
        raise Refused(_l("Say in a few words what it was about."), field="subject")
    if details.happened_at.year < 1900:
        raise Refused(_l("Check the year of this date."), field="happened_at")
    if details.happened_at > now() + AHEAD:
        raise Refused(_l("This lies in the future. Write down a task instead."), field="happened_at")
    is_new = interaction is None or interaction.staff_user_id != details.staff_user.id
    if is_new and not details.staff_user.is_active:
        raise Refused(_l("This person has left. Choose somebody else."), field="staff_user")
