"""What may be asked about an organisation's own fields, and about what contacts have in them.

Whoever may not read what is restricted asks with `with_restricted=False`, and is told nothing of it.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from app.contacts.models import Contact, ContactKind, CustomChoice, CustomField, CustomGroup, CustomValue
from app.contacts.rules.custom_fields import CustomType, FieldFacts, Value, unscaled
from app.kernel.i18n import language
from app.kernel.money import Money

AT_ONCE = 5000
"""Contacts whose values are asked for together."""


@dataclass
class Filled:
    """A field with what one contact has in it. `names` are those of the contacts that its values point to, by key."""

    field: CustomField
    values: list[Value] = part(default_factory=list)
    choices: dict[int, CustomChoice] = part(default_factory=dict)
    names: dict[int, str] = part(default_factory=dict)


def fields_in_order(db: Session, kind: ContactKind | None = None, *, with_restricted: bool) -> list[CustomField]:
    """Every field that is in use (of a kind of contact), with its group and choices, as they stand on the page.

    One question.
    """
    options = (contains_eager(CustomField.group), joinedload(CustomField.choices))
    found = db.scalars(_in_use(with_restricted=with_restricted).options(*options)).unique()
    return [each for each in found if kind is None or kind.value in each.group.kinds]


def facts_of(asked: CustomField) -> FieldFacts:
    """What a field demands of its values; its choices are loaded."""
    return FieldFacts(
        type=asked.type, longest=asked.longest, decimals=asked.decimals, currency=asked.currency or "EUR",
        least=asked.least, most=asked.most, choices={each.id: each.names for each in asked.choices},
        retired=frozenset(each.id for each in asked.choices if each.archived_at is not None),
    )  # fmt: skip


def value_of(row: CustomValue, decimals: int) -> Value:
    """A kept value as what it is."""
    kept = row.of_type()
    if row.type is CustomType.NUMBER:
        return unscaled(kept, decimals)
    if row.type is CustomType.MONEY:
        return Money(kept, row.currency or "EUR")
    found: Value = kept
    return found


def values_of_many(
    db: Session, contact_ids: Collection[int], *, with_restricted: bool
) -> dict[int, dict[str, list[Value]]]:
    """What these contacts have in the fields in use: by contact, by the field's key. One question for each 5,000."""
    found: defaultdict[int, dict[str, list[Value]]] = defaultdict(dict)
    keys = sorted(set(contact_ids))
    for start in range(0, len(keys), AT_ONCE):
        asked = (
            select(CustomValue, CustomField.key, CustomField.decimals)
            .join(CustomField, CustomField.id == CustomValue.field_id)
            .join(CustomGroup, CustomGroup.id == CustomField.group_id)
            .outerjoin(CustomChoice, CustomChoice.id == CustomValue.choice_id)
            .where(CustomValue.contact_id.in_(keys[start : start + AT_ONCE]), *_alive(with_restricted=with_restricted))
            .order_by(CustomValue.contact_id, CustomChoice.place, CustomValue.id)
        )
        for row, key, decimals in db.execute(asked):
            found[row.contact_id].setdefault(key, []).append(value_of(row, decimals))
    return dict(found)


def filled_fields(db: Session, contact: Contact, *, with_restricted: bool, group_id: int | None = None) -> list[Filled]:
    """The fields of a contact in order, with what it has in them. One question, whatever there is.

    Of one group with everything that may be chosen: one question more.
    """
    other = aliased(Contact)
    names = (other.given_name, other.family_name, other.group_name)
    mine = and_(CustomValue.field_id == CustomField.id, CustomValue.contact_id == contact.id)
    asked = (
        _in_use(with_restricted=with_restricted)
        .add_columns(CustomValue, CustomChoice, *names)
        .outerjoin(CustomValue, mine)
        .outerjoin(CustomChoice, CustomChoice.id == CustomValue.choice_id)
        .outerjoin(other, other.id == CustomValue.contact_value)
        .options(contains_eager(CustomField.group))
        .order_by(CustomChoice.place, CustomValue.id)
    )
    if group_id is not None:
        asked = asked.where(CustomGroup.id == group_id).options(selectinload(CustomField.choices))
    found: dict[int, Filled] = {}
    for row in db.execute(asked):
        if contact.kind.value in row[0].group.kinds:
            _fill(found.setdefault(row[0].id, Filled(row[0])), row)
    return list(found.values())


def with_fields() -> Any:
    """How a group is read together with its fields and their choices."""
    return selectinload(CustomGroup.fields).selectinload(CustomField.choices)


def every_group(db: Session) -> Sequence[CustomGroup]:
    """All groups with their fields and choices, those that are in use first, in order."""
    order = (CustomGroup.archived_at.is_not(None), CustomGroup.place, CustomGroup.id)
    return db.scalars(select(CustomGroup).options(with_fields()).order_by(*order)).all()


def fields_with_values(db: Session) -> set[int]:
    """The keys of the fields in which at least one contact has something; quick however many have."""
    return set(db.scalars(select(CustomField.id).where(exists().where(CustomValue.field_id == CustomField.id))))


def choices_with_values(db: Session, field_id: int) -> set[int]:
    """The keys of the choices of a field that at least one contact has."""
    chosen = exists().where(CustomValue.field_id == field_id, CustomValue.choice_id == CustomChoice.id)
    return set(db.scalars(select(CustomChoice.id).where(CustomChoice.field_id == field_id, chosen)))


def count_values(db: Session, field_id: int) -> int:
    """How many contacts have something in a field."""
    counted = select(func.count(func.distinct(CustomValue.contact_id))).where(CustomValue.field_id == field_id)
    return db.scalar(counted) or 0


def restricted_keys(db: Session, keys: Collection[str]) -> set[str]:
    """Those of these keys that are of fields in restricted groups now."""
    asked = select(CustomField.key).join(CustomGroup).where(CustomField.key.in_(keys), CustomGroup.is_restricted)
    return set(db.scalars(asked))


def _alive(*, with_restricted: bool) -> list[Any]:
    rules: list[Any] = [CustomField.archived_at.is_(None), CustomGroup.archived_at.is_(None)]
    return rules if with_restricted else [*rules, CustomGroup.is_restricted.is_(False)]


def _in_use(*, with_restricted: bool) -> Select[Any]:
    order = (CustomGroup.place, CustomGroup.id, CustomField.place, CustomField.id)
    asked = select(CustomField).join(CustomGroup, CustomGroup.id == CustomField.group_id)
    return asked.where(*_alive(with_restricted=with_restricted)).order_by(*order)


def _fill(filled: Filled, row: Any) -> None:
    value, choice, given_name, family_name, group_name = row[1:]
    if value is None:
        return
    filled.values.append(value_of(value, filled.field.decimals))
    if choice is not None:
        filled.choices[choice.id] = choice
    if value.contact_value is not None:
        filled.names[value.contact_value] = group_name or f"{given_name} {family_name}".strip()


def names_of(db: Session, contact_ids: Collection[int]) -> dict[int, str]:
    """The names of contacts by key, without anything else of them."""
    if not contact_ids:
        return {}
    asked = select(Contact.id, Contact.given_name, Contact.family_name, Contact.group_name)
    return {
        row[0]: row[3] or f"{row[1]} {row[2]}".strip() for row in db.execute(asked.where(Contact.id.in_(contact_ids)))
    }


def field_names(db: Session, keys: Collection[str], *, with_restricted: bool) -> dict[str, str]:
    """The names of fields by key, archived ones too, in the language in force."""
    asked = (
        select(CustomField).join(CustomGroup, CustomGroup.id == CustomField.group_id).where(CustomField.key.in_(keys))
    )
    if not with_restricted:
        asked = asked.where(CustomGroup.is_restricted.is_(False))
    return {each.key: each.name(language()) for each in db.scalars(asked)}
