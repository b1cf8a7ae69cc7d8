"""An organisation's own fields as they come, for tests of every feature."""

from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import ContactKind, CustomField, CustomGroup, CustomType
from app.contacts.services.custom_definitions import CHOOSING, FieldDetails, GroupDetails, add_field, add_group
from app.kernel.actors import SYSTEM


def make_group(db: Session, name: str = "On the trail", **overrides: Any) -> CustomGroup:
    """A group for every kind of contact; every part of `GroupDetails` can be given."""
    group = add_group(
        db, GroupDetails(**{"names": {"en": name, "fr": f"{name} (fr)"}, "kinds": tuple(ContactKind), **overrides}),
        actor=SYSTEM,
    )  # fmt: skip
    db.flush()
    return group


def make_field(db: Session, kind: CustomType, group: CustomGroup | None = None, **overrides: Any) -> CustomField:
    """A field of a type, with three choices if it has choices; every part of `FieldDetails` can be given."""
    parts: dict[str, Any] = {"names": {"en": f"A {kind.value}", "fr": f"Un {kind.value}"}, "type": kind}
    parts |= {"choices": ("Red", "Green", "Blue")} if kind in CHOOSING else {}
    parts |= {"currency": "EUR"} if kind is CustomType.MONEY else {}
    field = add_field(db, group or make_group(db), FieldDetails(**{**parts, **overrides}), actor=SYSTEM)
    db.flush()
    return field
