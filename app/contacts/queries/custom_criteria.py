"""What contacts can be searched by of the fields that an organisation defines itself."""

from collections.abc import Iterable, Sequence
from functools import partial

from sqlalchemy import ColumnElement, Select, not_, select
from sqlalchemy.orm import Session, aliased

from app.contacts.access import READ_RESTRICTED
from app.contacts.models import Contact, CustomField, CustomType, CustomValue
from app.contacts.queries.custom_fields import fields_in_order
from app.kernel.comparing import Compile, keys_chosen, of_rows
from app.kernel.conditions import OPPOSITES, Condition, Kind, Op
from app.kernel.criteria import Asking, Choices, Criterion
from app.kernel.i18n import language

KINDS = {
    CustomType.TEXT: (Kind.TEXT, CustomValue.folded_text),
    CustomType.LONG_TEXT: (Kind.TEXT, CustomValue.folded_text),
    CustomType.NUMBER: (Kind.NUMBER, CustomValue.number_value),
    CustomType.MONEY: (Kind.MONEY, CustomValue.money_minor),
    CustomType.DATE: (Kind.DAY, CustomValue.date_value),
    CustomType.YES_NO: (Kind.FLAG, CustomValue.boolean_value),
}
"""How most types are compared, and where their values stand."""


def criteria(db: Session) -> Iterable[Criterion]:
    """One criterion a field that is in use and searchable; restricted ones only for those who may read them."""
    return [_criterion(each) for each in fields_in_order(db, with_restricted=True) if each.is_searchable]


def _criterion(asked: CustomField) -> Criterion:
    values = select(CustomValue.contact_id).where(CustomValue.field_id == asked.id)
    choices: Choices | None = None
    compile_: Compile
    if asked.type in {CustomType.CHOICE, CustomType.CHOICES}:
        kind, compile_, choices = Kind.CHOICE, partial(_choice, values), partial(_choices, asked)
    elif asked.type is CustomType.CONTACT:
        other = aliased(Contact)
        kind = Kind.TEXT
        compile_ = of_rows(values.join(other, other.id == CustomValue.contact_value), other.sort_key, kind)
    else:
        kind, column = KINDS[asked.type]
        compile_ = of_rows(values, column, kind)
    return Criterion(
        key=f"custom.{asked.key}", label=asked.name(language()), group=asked.group.name(language()), kind=kind,
        compile=compile_, choices=choices, decimals=asked.decimals, currency=asked.currency or "",
        capability=READ_RESTRICTED if asked.group.is_restricted else None,
    )  # fmt: skip


def _choices(asked: CustomField, _db: Session) -> Sequence[tuple[str, str]]:
    return [(str(each.id), each.name(language())) for each in asked.choices]


def _choice(values: Select[int], asking: Asking, condition: Condition) -> ColumnElement[bool]:
    wanted = keys_chosen(condition)
    is_any = condition.op in {Op.FILLED, Op.EMPTY}
    found = asking.among(values if is_any else values.where(CustomValue.choice_id.in_(wanted)))
    return not_(found) if condition.op in OPPOSITES else found
