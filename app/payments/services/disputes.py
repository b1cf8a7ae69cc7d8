"""What staff do about disputes: write down evidence, say that they answered, take note that money is gone."""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.payments.models import Dispute, DisputeNote
from app.payments.models.dispute_note import LONGEST_NOTE


@dataclass(frozen=True, kw_only=True)
class NoteDetails:
    """A note as it is typed. `token` names the page it was written on, so that two clicks write one note."""

    text: str
    says_answered: bool = False
    token: str | None = None

    def name_for(self, dispute: Dispute) -> str | None:
        """What the same, sent from the same page again, is known by; None where no page is known."""
        if self.token is None:
            return None
        said = json.dumps([dispute.id, self.text.strip(), self.says_answered])
        return f"{self.token}-{hashlib.sha256(said.encode()).hexdigest()[:20]}"


def write_note(db: Session, dispute: Dispute, details: NoteDetails, *, actor: Actor) -> DisputeNote:
    """Write a dated note; one that says that the dispute was answered ends the duty to do so.

    Sent twice from one page it is one note: that of the first time is given. Whoever adds words or the tick before a
    second click, as the answer is slow to come, writes another: nothing that was typed is dropped.

    Raises:
        Refused: it says nothing, too much, or that something was answered that cannot be.

    """
    db.refresh(dispute, with_for_update=True)  # two clicks at once take turns here
    name = details.name_for(dispute)
    written = db.scalars(select(DisputeNote).where(DisputeNote.token == name)).one_or_none() if name else None
    if written is not None:
        return written
    said, is_answer = details.text.strip(), details.says_answered
    if not 0 < len(said) <= LONGEST_NOTE:
        raise Refused(_l("Write a few words."), field="text")
    if is_answer and (dispute.is_over or dispute.is_reversal):
        raise Refused(_l("This is decided already; there is nothing to answer any more."), field="says_answered")
    note = DisputeNote(dispute_id=dispute.id, text=said, written_by=actor.name, says_answered=is_answer, token=name)
    db.add(note)
    dispute.is_answered = dispute.is_answered or is_answer
    audit.note(db, actor, "dispute.noted", dispute, is_answered=is_answer)
    return note


def take_note(db: Session, dispute: Dispute, *, actor: Actor) -> None:
    """Somebody has seen that the money is gone; the duty ends. Twice is once.

    Raises:
        Refused: nothing is gone.

    """
    db.refresh(dispute, with_for_update=True)
    if dispute.needs_look:
        dispute.see(actor.name, now())
        audit.note(db, actor, "dispute.seen", dispute)
    elif dispute.seen_at is None:
        raise Refused(_l("No money has gone; there is nothing to take note of."))
