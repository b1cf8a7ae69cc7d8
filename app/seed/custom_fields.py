"""What the invented charity keeps about its contacts beyond names and addresses, in fields of its own."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind, CustomField, CustomType
from app.contacts.rules.custom_fields import Value
from app.contacts.services.custom_definitions import FieldDetails, GroupDetails, add_field, add_group, edit_choice
from app.contacts.services.custom_fields import set_values
from app.kernel.actors import SYSTEM
from app.kernel.money import Money

TRAIL = {"fr": "Sur les sentiers", "en": "On the trail", "ne": "पदयात्रामा"}
CARE = {"fr": "À savoir avec tact", "en": "To be known with tact", "ne": "ध्यान दिनुपर्ने कुरा"}
LANGUAGES = (
    {"fr": "Français", "en": "French", "ne": "फ्रान्सेली"},
    {"fr": "Anglais", "en": "English", "ne": "अङ्ग्रेजी"},
    {"fr": "Népalais", "en": "Nepali", "ne": "नेपाली"},
)
LEVELS = (
    {"fr": "Débutant", "en": "Beginner", "ne": "नयाँ"},
    {"fr": "Habitué", "en": "Used to it", "ne": "अभ्यस्त"},
    {"fr": "Aguerri", "en": "Hardened", "ne": "अनुभवी"},
)
FIELDS: tuple[tuple[CustomType, str, str, str, dict[str, Any]], ...] = (
    (CustomType.CHOICES, "Langues parlées", "Languages spoken", "बोल्ने भाषा", {"choices": LANGUAGES}),
    (CustomType.CHOICE, "Niveau de marche", "Walking level", "हिँड्ने स्तर", {"choices": LEVELS}),
    (CustomType.DATE, "Première rencontre", "First met", "पहिलो भेट", {}),
    (CustomType.NUMBER, "Pointure", "Shoe size", "जुत्ताको नम्बर", {"decimals": 1, "least": 200, "most": 550}),
    (CustomType.MONEY, "Don envisagé", "Gift in mind", "सोचेको दान", {"currency": "EUR", "least": 0}),
    (CustomType.YES_NO, "Est allé au Népal", "Has been to Nepal", "नेपाल आइसकेको", {}),
    (CustomType.CONTACT, "Présenté par", "Introduced by", "चिनाउने व्यक्ति", {}),
    (CustomType.LONG_TEXT, "Ce qui les touche", "What moves them", "मन छुने कुरा", {}),
)


def describe_contacts(db: Session, contacts: Sequence[Contact]) -> None:
    """Two groups of fields, one of them for few readers only, filled in for a dozen people."""
    people = [contact for contact in contacts if contact.kind is ContactKind.PERSON][:12]
    trail = add_group(db, GroupDetails(names=TRAIL, kinds=(ContactKind.PERSON,)), actor=SYSTEM)
    db.flush()
    fields = {kind: _field(db, trail, kind, (fr, en, ne), told) for kind, fr, en, ne, told in FIELDS}
    care = GroupDetails(names=CARE, kinds=(ContactKind.PERSON,), is_restricted=True)
    group = add_group(db, care, actor=SYSTEM)
    db.flush()
    worry = _field(db, group, CustomType.TEXT, ("À ménager", "Mind this", "ख्याल गर्ने"), {})
    for number, person in enumerate(people):
        said = {fields[kind].key: values for kind, values in _said(fields, number, people).items()}
        set_values(
            db, person, {**said, **({worry.key: ["En deuil cette année."]} if number == 2 else {})}, actor=SYSTEM
        )


def _field(db: Session, group: Any, kind: CustomType, names: tuple[str, str, str], told: dict[str, Any]) -> CustomField:
    choices: Sequence[dict[str, str]] = told.get("choices", ())
    plain = tuple(each["en"] for each in choices)
    by_language = dict(zip(("fr", "en", "ne"), names, strict=True))
    details = FieldDetails(**{**told, "names": by_language, "type": kind, "choices": plain})
    field = add_field(db, group, details, actor=SYSTEM)
    db.flush()
    for choice, words in zip(field.choices, choices, strict=True):
        edit_choice(db, choice, words, version=choice.version, actor=SYSTEM)
    return field


def _said(
    fields: dict[CustomType, CustomField], number: int, people: Sequence[Contact]
) -> dict[CustomType, list[Value]]:
    several, level = fields[CustomType.CHOICES].choices, fields[CustomType.CHOICE].choices
    said: dict[CustomType, list[Value]] = {
        CustomType.CHOICES: [each.id for each in several[: 1 + number % 3]], CustomType.CHOICE: [level[number % 3].id],
        CustomType.DATE: [date(2016 + number % 9, 1 + number, 3 + number)],
        CustomType.NUMBER: [Decimal(37) + Decimal(number) / 2], CustomType.YES_NO: [number % 2 == 0],
    }  # fmt: skip
    if number % 3 == 0:
        said[CustomType.MONEY] = [Money((500 + 250 * number) * 100, "EUR")]
        said[CustomType.LONG_TEXT] = ["L’école de Pokhara.\nSes enfants y ont marché en 2018."]
    if number:
        said[CustomType.CONTACT] = [people[number - 1].id]
    return said
