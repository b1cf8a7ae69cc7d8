"""Whoever changes how contacts belong together holds their rows first, always in the order of their keys.

Two people who move each other's members therefore wait for one another instead of for ever. The lock leaves foreign
keys free (FOR NO KEY UPDATE), as everywhere. On SQLite a writing transaction is alone from its beginning.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from app.contacts.models import Contact
from app.contacts.queries.households import household_id_of
from app.kernel.errors import NotFound


def hold_contacts(db: Session, keys: Collection[int]) -> dict[int, Contact]:
    """These contacts as they are this instant, by key; nobody else changes them until the transaction ends.

    Raises:
        NotFound: one of them does not exist.

    """
    db.flush()  # what this transaction changed must not be lost by reading again
    bare = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))
    query = select(Contact).where(Contact.id.in_(set(keys))).order_by(Contact.id).options(*bare)
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = {contact.id: contact for contact in db.scalars(held)}
    if len(found) < len(set(keys)):
        raise NotFound
    return found


def hold_with_household(db: Session, person_id: int) -> None:
    """Hold a contact whose name may change, and the household that is called after it, in the order of their keys."""
    home = household_id_of(db, person_id)
    hold_contacts(db, {person_id} if home is None else {person_id, home})
