"""What is asked of every letter about a contact at the moment it would leave."""

from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.kernel.mail import Message, guard


@guard("contact")
def contact_letter_may_leave(db: Session, message: Message) -> bool:
    """Whether a letter to a contact may still leave: not to somebody who has died meanwhile."""
    contact = db.get(Contact, message.about_id)
    return contact is None or not contact.is_deceased
