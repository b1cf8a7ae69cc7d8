"""Setting up an organisation's own fields: groups, fields and choices, put in order, put away and taken out again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.orm import Session

from app.contacts.models import ContactKind, CustomChoice, CustomField, CustomGroup, CustomValue
from app.contacts.queries.custom_fields import count_values
from app.contacts.rules.custom_fields import LARGEST_NUMBER, LONGEST, MOST_DECIMALS, SEVERAL, CustomType, named
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import EXPONENTS
from app.kernel.text import fold, one_line

Placed = TypeVar("Placed", CustomGroup, CustomField, CustomChoice)
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
MOST_CHOICES = 500
CHANGED = _l("Somebody else changed this meanwhile. Look at it again, please.")
CHOOSING = frozenset({CustomType.CHOICE, CustomType.CHOICES})


@dataclass(frozen=True, kw_only=True)
class GroupDetails:
    """A group as it is typed; names by language."""

    names: Mapping[str, str]
    kinds: tuple[ContactKind, ...]
    is_restricted: bool = False


@dataclass(frozen=True, kw_only=True)
class FieldDetails:
    """A field as it is typed. `key` "" means one made of the name. Bounds are scaled, or minor units.

    `choices` are the names of new ones in the language `language`; they are added behind those there are.
    """

    names: Mapping[str, str]
    type: CustomType
    key: str = ""
    helps: Mapping[str, str] = field(default_factory=dict)
    is_required: bool = False
    is_searchable: bool = True
    longest: int | None = None
    decimals: int = 0
    currency: str | None = None
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    language: str = "en"


def add_group(db: Session, details: GroupDetails, *, actor: Actor) -> CustomGroup:
    """Add a group, behind the others.

    Raises:
        Refused: it has no name, or is for nobody.

    """
    group = CustomGroup(**_of_group(details), place=_behind(db, select(func.max(CustomGroup.place))))
    db.add(group)
    audit.note(db, actor, "custom_group.added", group)
    return group


def edit_group(db: Session, group: CustomGroup, details: GroupDetails, *, version: int, actor: Actor) -> None:
    """Make a group as described.

    Raises:
        Refused: somebody changed it since that version, or as in `add_group`.

    """
    _bring(group, _of_group(details), version)
    audit.note(db, actor, "custom_group.edited", group)


def delete_group(db: Session, group: CustomGroup, *, actor: Actor) -> None:
    """Take away a group without fields.

    Raises:
        Refused: it has fields.

    """
    _hold(db, group)
    if db.scalar(select(exists().where(CustomField.group_id == group.id))):
        raise Refused(_l("This group has fields: archive it, or delete them first."))
    audit.note(db, actor, "custom_group.deleted", group)
    db.delete(group)


def add_field(db: Session, group: CustomGroup, details: FieldDetails, *, actor: Actor) -> CustomField:
    """Add a field, behind the others of its group, with its first choices.

    Raises:
        Refused: it has no name, its key is none or another's, its limits make no sense, or it has no choices.

    """
    _hold(db, group)
    if details.type in CHOOSING and not details.choices:
        raise Refused(_l("Write at least one choice."), field="choices")
    key = _key(db, details)
    currency = _currency(details)
    made = CustomField(
        group_id=group.id, key=key, type=details.type, currency=currency, decimals=_decimals(details),
        place=_behind(db, select(func.max(CustomField.place)).where(CustomField.group_id == group.id)),
        **_of_field(details),
    )  # fmt: skip
    db.add(made)
    audit.note(db, actor, "custom_field.added", made)
    if details.choices:
        add_choices(db, made, details.choices, language=details.language, actor=actor)
    return made


def edit_field(db: Session, made: CustomField, details: FieldDetails, *, version: int, actor: Actor) -> None:
    """Make a field as described; its key and type stay, and so do decimals and currency once there are values.

    Raises:
        Refused: somebody changed it since that version, or as in `add_field`.

    """
    _hold(db, made)
    facts = {"decimals": _decimals(details), "currency": _currency(details), **_of_field(details)}
    is_recounted = (made.decimals, made.currency) != (facts["decimals"], facts["currency"])
    if is_recounted and db.scalar(select(exists().where(CustomValue.field_id == made.id))):
        at = "currency" if made.type is CustomType.MONEY else "decimals"
        raise Refused(_l("Contacts have values in this field: this cannot be changed any more."), field=at)
    _bring(made, facts, version)
    audit.note(db, actor, "custom_field.edited", made)


def delete_field(db: Session, made: CustomField, *, expected: int, actor: Actor) -> None:
    """Take away a field with its choices, and what contacts have in it: `expected` of them, as the person was told.

    Raises:
        Refused: more contacts have something in it now.

    """
    _hold(db, made)
    count = count_values(db, made.id)
    if count > expected:
        raise Refused(
            _l("By now more contacts have something in this field: %(count)s. Look at it again, please.", count=count)
        )
    audit.note(db, actor, "custom_field.deleted", made, values=count)
    db.execute(delete(CustomValue).where(CustomValue.field_id == made.id))
    for choice in db.scalars(select(CustomChoice).where(CustomChoice.field_id == made.id)):
        db.delete(choice)
    db.flush()
    db.delete(made)


def archive(db: Session, record: CustomGroup | CustomField | CustomChoice, *, actor: Actor) -> None:
    """Put a group, a field or a choice away: what contacts have in it is kept, and comes back with it."""
    if record.archived_at is None:
        record.archived_at = now()
        deed = {
            CustomGroup: "custom_group.archived", CustomField: "custom_field.archived",
            CustomChoice: "custom_choice.retired",
        }[type(record)]  # fmt: skip
        audit.note(db, actor, deed, record)


def restore(db: Session, record: CustomGroup | CustomField | CustomChoice, *, actor: Actor) -> None:
    """Take it out again."""
    if record.archived_at is not None:
        record.archived_at = None
        deed = {
            CustomGroup: "custom_group.restored", CustomField: "custom_field.restored",
            CustomChoice: "custom_choice.restored",
        }[type(record)]  # fmt: skip
        audit.note(db, actor, deed, record)


def move(db: Session, record: Placed, by: int) -> None:
    """Let it change places with the one before (-1) or behind it (1) in its list; at the end it stays."""
    rows = _neighbours(db, record)
    here = rows.index(record)
    there = min(max(here + by, 0), len(rows) - 1)
    rows[here], rows[there] = rows[there], rows[here]
    for place, each in enumerate(rows):
        if each.place != place:
            each.place = place


def add_choices(
    db: Session, made: CustomField, texts: Sequence[str], *, language: str, actor: Actor
) -> list[CustomChoice]:
    """Add choices to a field, in one language, behind those there are; blank ones and repeated ones are left out.

    Raises:
        Refused: it is no field of choices, one is there already, or there are too many.

    """
    _hold(db, made)
    if made.type not in CHOOSING:
        raise Refused(_l("Only fields of choices have choices."))
    kept = db.scalars(select(CustomChoice).where(CustomChoice.field_id == made.id)).all()
    new: dict[str, str] = {}
    for text in filter(None, map(one_line, texts)):
        new.setdefault(fold(text), text)
    for text in new.values():
        _check_choice({language: text}, kept, "choices")
    if len(kept) + len(new) > MOST_CHOICES:
        raise Refused(_l("At most %(count)s choices, please.", count=MOST_CHOICES), field="choices")
    first = max((each.place for each in kept), default=-1) + 1
    added = [
        CustomChoice(field_id=made.id, names={language: text}, place=first + number)
        for number, text in enumerate(new.values())
    ]
    db.add_all(added)
    audit.note_each(db, actor, "custom_choice.added", {each: {} for each in added})
    return added


def edit_choice(db: Session, choice: CustomChoice, names: Mapping[str, str], *, version: int, actor: Actor) -> None:
    """Name a choice anew.

    Raises:
        Refused: it has no name, another one has it, or somebody changed it since that version.

    """
    others = select(CustomChoice).where(CustomChoice.field_id == choice.field_id, CustomChoice.id != choice.id)
    kept = _names(names)
    _check_choice(kept, db.scalars(others).all(), "name_en")
    _bring(choice, {"names": kept}, version)
    audit.note(db, actor, "custom_choice.edited", choice)


def delete_choice(db: Session, choice: CustomChoice, *, actor: Actor) -> None:
    """Take away a choice that nobody has.

    Raises:
        Refused: somebody has it.

    """
    _hold(db, choice)
    chosen = exists().where(CustomValue.field_id == choice.field_id, CustomValue.choice_id == choice.id)
    if db.scalar(select(chosen)):
        raise Refused(_l("Contacts have this choice: retire it instead, and they keep it."))
    audit.note(db, actor, "custom_choice.deleted", choice)
    db.delete(choice)


def _check_choice(names: Mapping[str, str], kept: Sequence[CustomChoice], at: str) -> None:
    taken = {fold(name) for each in kept for name in each.names.values()}
    for name in names.values():
        if SEVERAL in name:
            raise Refused(_l("A choice cannot have a semicolon: in files it stands between choices."), field=at)
        if len(name) > LONGEST["text"] // 10:
            raise Refused(_l("At most %(count)s characters, please.", count=LONGEST["text"] // 10), field=at)
        if fold(name) in taken:
            raise Refused(_l("“%(name)s” is a choice already.", name=name), field=at)


def _hold(db: Session, record: CustomGroup | CustomField | CustomChoice) -> None:
    """Read it anew and hold it: nobody points to it meanwhile.

    Raises:
        Refused: somebody took it away.

    """
    db.flush()
    model = type(record)
    held = select(model).where(model.id == record.id).with_for_update().execution_options(populate_existing=True)
    if db.scalar(held) is None:
        raise Refused(CHANGED)


def _bring(record: Any, facts: Mapping[str, Any], version: int) -> None:
    if record.version != version:
        raise Refused(CHANGED)
    for name, value in facts.items():
        if getattr(record, name) != value:
            setattr(record, name, value)


def _behind(db: Session, last: Select[Any]) -> int:
    found: int | None = db.scalar(last)
    return 0 if found is None else found + 1


def _neighbours(db: Session, record: Placed) -> list[Placed]:
    model = type(record)
    query = select(model).order_by(model.place, model.id).with_for_update()
    if isinstance(record, CustomField):
        query = query.where(CustomField.group_id == record.group_id)
    if isinstance(record, CustomChoice):
        query = query.where(CustomChoice.field_id == record.field_id)
    return [each for each in db.scalars(query) if (each.archived_at is None) == (record.archived_at is None)]


def _names(texts: Mapping[str, str]) -> dict[str, str]:
    kept = named(texts)
    if not kept:
        raise Refused(_l("Write the name in at least one language."), field="name_en")
    return kept


def _of_group(details: GroupDetails) -> dict[str, Any]:
    if not details.kinds:
        raise Refused(_l("Say for which kinds of contact it is."), field="kinds")
    kinds = [each.value for each in details.kinds]
    return {"names": _names(details.names), "kinds": kinds, "is_restricted": details.is_restricted}


def _of_field(details: FieldDetails) -> dict[str, Any]:
    """What may be said anew of a field at any time."""
    kind = details.type
    is_text, has_bounds = kind.value in LONGEST, kind in {CustomType.NUMBER, CustomType.MONEY}
    least, most = (details.least, details.most) if has_bounds else (None, None)
    if least is not None and most is not None and least > most:
        raise Refused(_l("The largest cannot be less than the smallest."), field="most")
    if any(each is not None and abs(each) > LARGEST_NUMBER for each in (least, most)):
        raise Refused(_l("This number is too large."), field="most")
    longest = details.longest if is_text else None
    if longest is not None and not 1 <= longest <= LONGEST[kind.value]:
        raise Refused(
            _l("Between 1 and %(count)s characters, please.", count=LONGEST[kind.value]), field="longest"
        )  # fmt: skip
    return {
        "names": _names(details.names), "helps": named(details.helps), "is_required": details.is_required,
        "is_searchable": details.is_searchable, "longest": longest, "least": least, "most": most,
    }  # fmt: skip


def _decimals(details: FieldDetails) -> int:
    if details.type is not CustomType.NUMBER:
        return 0
    if not 0 <= details.decimals <= MOST_DECIMALS:
        raise Refused(_l("Between 0 and %(count)s decimals, please.", count=MOST_DECIMALS), field="decimals")
    return details.decimals


def _currency(details: FieldDetails) -> str | None:
    if details.type is not CustomType.MONEY:
        return None
    if details.currency not in EXPONENTS:
        raise Refused(_l("Choose a currency."), field="currency")
    return details.currency


def _key(db: Session, details: FieldDetails) -> str:
    """The typed key, or one made of the name that no other field has."""
    taken = set(db.scalars(select(CustomField.key)))
    if details.key:
        if not KEY.fullmatch(details.key):
            raise Refused(_l("A key begins with a letter: small letters, digits and _ only."), field="key")
        if details.key in taken:
            raise Refused(_l("Another field has this key."), field="key")
        return details.key
    names = _names(details.names)
    made = re.sub(r"[^a-z0-9]+", "_", fold(names.get("en") or next(iter(names.values())))).strip("_")
    stem = made[:50] if made[:1].isalpha() else f"field_{made}"[:50].strip("_")
    return next(key for number in range(1, len(taken) + 2) if (key := stem if number == 1 else f"{stem}_{number}")
                not in taken)  # fmt: skip
