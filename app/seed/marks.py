"""What the staff of the invented charity put on its contacts: tags, notes for a few, files."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import Contact
from app.contacts.models.tag import TagColour
from app.contacts.models.visibility import Visibility
from app.contacts.services.files import attach_file, prepare
from app.contacts.services.notes import add_note, pin_note
from app.contacts.services.tagging import tag_many
from app.contacts.services.tags import TagDetails, add_tag
from app.kernel.actors import SYSTEM

TAGS = (
    ("Mécène", TagColour.VIOLET, "Companies and foundations that give every year", (112, 114, 115)),
    ("Concert d’automne 2026", TagColour.BLUE, "Came to the concert", tuple(range(0, 60, 4))),
    ("Bénévole", TagColour.GREEN, "", (0, 3, 5, 9, 96, 97)),
    ("Visite au Népal", TagColour.AMBER, "Saw the projects with their own eyes", (0, 7, 112)),
)
"""(name, colour, what it is for, contacts)"""
LETTER = "Chère équipe,\n\nmerci pour les photographies de l’école. À bientôt !\n"
SKY, SNOW = (92, 142, 190), (240, 244, 248)


def mark_contacts(db: Session, contacts: Sequence[Contact]) -> None:
    """Tags on many, a pinned and a restricted note, and files of one who is often looked at."""
    db.flush()
    for name, colour, description, places in TAGS:
        tag = add_tag(db, TagDetails(name=name, colour=colour, description=description), actor=SYSTEM)
        tag_many(db, [contacts[place].id for place in places], tag.id, actor=SYSTEM)
    by_mail = {user.email.partition("@")[0]: user for user in db.scalars(select(StaffUser))}
    writer, somebody = by_mail["fundraiser"].as_actor(), contacts[0]
    pinned = add_note(db, somebody, "Prefers a call on Thursday mornings.", actor=writer)
    pin_note(db, pinned, is_pinned=True, actor=writer)
    told = "Thinks of a legacy; do not mention it to the family."
    add_note(db, somebody, told, visibility=Visibility.RESTRICTED, actor=writer)
    for name, content in (("lettre.txt", LETTER.encode()), ("école.png", _picture())):
        attach_file(db, somebody, prepare(name, content), actor=writer)


def _picture() -> bytes:
    """A mountain under the sky, as a PNG."""
    picture = Image.new("RGB", (640, 400), SKY)
    for line in range(140, 400):
        half = line - 140
        picture.paste(SNOW, (max(0, 320 - half), line, min(640, 320 + half), line + 1))
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
