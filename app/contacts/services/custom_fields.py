"""What contacts have in an organisation's own fields: set whole for each field, and told in the trail.

Whoever sets values holds the contact, and keeps the fields from being changed meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload, selectinload

from app.contacts.access import READ_RESTRICTED
from app.contacts.models import Contact, CustomField, CustomGroup, CustomValue
from app.contacts.models.custom_field import COLUMNS
from app.contacts.queries.custom_fields import facts_of, value_of
from app.contacts.rules.custom_fields import CustomType, FieldFacts, Value, check_value, scaled
from app.contacts.services.holding import hold_contacts
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.kernel.text import fold

FOLDED = 2000
"""Characters of a text that can be searched for: what an index takes on every database."""
Given = Mapping[str, Sequence[Value]]


def set_values(db: Session, contact: Contact, values: Given, *, actor: Actor) -> bool:
    """Give a contact these values, by the keys of the fields; an empty list empties a field, others stay as they are.

    Whether anything is different now. A refusal's `field` is `field_name(key)`.

    Raises:
        NotFound: there is no such contact.
        Refused: there is no such field for this contact, or it is archived, or only for others; a value is not what
            its field takes, a required one is missing, or what it points to is not there or archived.

    """
    hold_contacts(db, {contact.id})
    fields = _fields(db, values)
    groups = {each.id: each for each in db.scalars(select(CustomGroup).where(CustomGroup.id.in_(
        {each.group_id for each in fields.values()}
    )))}  # fmt: skip
    for key in values:
        _check_field(fields.get(key), groups, contact, key, actor)
    kept = _kept(db, contact, fields)
    changed: dict[bool, dict[str, Any]] = {False: {}, True: {}}
    for key, given in values.items():
        field = fields[key]
        rows = kept.get(field.id, [])
        before = [value_of(row, field.decimals) for row in rows]
        after = _checked(db, contact, field, given, before)
        if set(after) != set(before):
            _write(db, contact, field, rows, after)
            told = {"names": field.names, "type": field.type.value, "before": _told(db, field, before)}
            is_restricted = groups[field.group_id].is_restricted
            changed[is_restricted][key] = {**told, "after": _told(db, field, after)}
    for is_restricted, facts in changed.items():
        if facts:
            audit.note_each(db, actor, _deed(is_restricted=is_restricted), {contact: facts})
    return any(changed.values())


def field_name(key: str) -> str:
    """What a field is called in forms and refusals."""
    return f"own_{key}"


def _deed(*, is_restricted: bool) -> str:
    return "custom_values.changed_restricted" if is_restricted else "custom_values.changed"


def _fields(db: Session, keys: Mapping[str, Any]) -> dict[str, CustomField]:
    """The fields by key, kept as they are until the transaction ends."""
    asked = select(CustomField).where(CustomField.key.in_(set(keys))).order_by(CustomField.id)
    held = asked.options(selectinload(CustomField.choices)).with_for_update(read=True)
    return {each.key: each for each in db.scalars(held.execution_options(populate_existing=True))}


def _check_field(
    field: CustomField | None, groups: Mapping[int, CustomGroup], contact: Contact, key: str, actor: Actor
) -> None:
    group = groups[field.group_id] if field is not None else None
    if field is None or group is None or (group.is_restricted and not actor.may(READ_RESTRICTED)):
        raise Refused(_l("There is no field “%(key)s”.", key=key[:60]), field=field_name(key))
    if field.archived_at is not None or group.archived_at is not None:
        raise Refused(_l("This field has been archived: nothing can be written into it."), field=field_name(key))
    if contact.kind.value not in group.kinds:
        raise Refused(_l("This field is not for contacts of this kind."), field=field_name(key))


def _kept(db: Session, contact: Contact, fields: Mapping[str, CustomField]) -> dict[int, list[CustomValue]]:
    keys = {each.id for each in fields.values()}
    asked = select(CustomValue).where(CustomValue.contact_id == contact.id, CustomValue.field_id.in_(keys))
    found: dict[int, list[CustomValue]] = {}
    for row in db.scalars(asked.order_by(CustomValue.id).execution_options(populate_existing=True)):
        found.setdefault(row.field_id, []).append(row)
    return found


def _checked(
    db: Session, contact: Contact, field: CustomField, given: Sequence[Value], before: Sequence[Value]
) -> list[Value]:
    """The values without what is there twice.

    Raises:
        Refused: at the field, and why.

    """
    name, facts, after = field_name(field.key), facts_of(field), list(dict.fromkeys(given))
    if field.is_required and not after:
        raise Refused(_l("This field must be filled in."), field=name)
    if len(after) > 1 and field.type is not CustomType.CHOICES:
        raise Refused(_l("This field takes one value only."), field=name)
    try:
        for value in after:
            check_value(facts, value)
            if value not in before:
                _check_new(db, contact, facts, value)
    except Refused as refusal:
        raise Refused(refusal.message, field=name) from refusal
    return after


def _check_new(db: Session, contact: Contact, facts: FieldFacts, value: Value) -> None:
    """What is there already may stay though it is retired or archived; nothing such is added."""
    if facts.type in {CustomType.CHOICE, CustomType.CHOICES} and value in facts.retired:
        raise Refused(_l("This choice is offered no more. Choose another one."))
    if facts.type is not CustomType.CONTACT:
        return
    bare = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))
    other = db.scalar(select(Contact).where(Contact.id == value).options(*bare))
    if other is None:
        raise Refused(_l("There is no such contact."))
    if other.id == contact.id:
        raise Refused(_l("Nobody is tied to themselves: choose somebody else."))
    if other.archived_at is not None:
        raise Refused(_l("%(name)s is archived. Take them out of the archive first.", name=other.name))


def _write(
    db: Session, contact: Contact, field: CustomField, rows: Sequence[CustomValue], after: Sequence[Value]
) -> None:
    """Bring the rows of a field to these values."""
    wanted = list(after)
    for row in rows:
        value = value_of(row, field.decimals)
        if field.type is CustomType.CHOICES and value in wanted:
            wanted.remove(value)
        elif wanted and field.type is not CustomType.CHOICES:
            _put(row, field, wanted.pop())
        else:
            db.delete(row)
    for value in wanted:
        row = CustomValue(contact_id=contact.id, field_id=field.id, type=field.type)
        _put(row, field, value)
        db.add(row)


def _put(row: CustomValue, field: CustomField, value: Value) -> None:
    kept: Any = value
    if isinstance(value, Decimal):
        kept = scaled(value, field.decimals)
    elif isinstance(value, Money):
        kept, row.currency = value.minor, value.currency
    elif isinstance(value, str):
        row.folded_text = fold(value)[:FOLDED]
    setattr(row, COLUMNS[field.type], kept)


def _told(db: Session, field: CustomField, values: Sequence[Value]) -> list[Any]:
    """Values as the trail keeps them: choices by their names, contacts by theirs, so that they outlive them."""
    if field.type in {CustomType.CHOICE, CustomType.CHOICES}:
        names = {each.id: each.names for each in field.choices}
        return [names.get(value, {}) for value in values if isinstance(value, int)]
    if field.type is CustomType.CONTACT:
        asked = select(Contact.given_name, Contact.family_name, Contact.group_name).where(Contact.id.in_(values))
        return [row[2] or f"{row[0]} {row[1]}".strip() for row in db.execute(asked)]
    return [_plain(value) for value in values]


def _plain(value: Value) -> Any:
    if isinstance(value, Money):
        return f"{value.to_decimal()} {value.currency}"
    return str(value) if isinstance(value, Decimal | date) else value
