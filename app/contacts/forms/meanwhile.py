"""When two people edit one task or interaction: the form remembers what it showed, so that the later one sees why.

What the form remembers comes back from the browser. It only serves to tell what was typed from what was merely shown:
the first stays, the second follows what is stored now. Nothing is ever written from it.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Self

from wtforms import Field, HiddenField

from app.contacts.conflicts import Change
from app.kernel.i18n import format_day
from app.kernel.i18n import gettext as _
from app.web.forms import Form


class SharedForm(Form):
    """A form over one record that others may change at the same time. `PARTS` are the fields that are compared."""

    PARTS: ClassVar[tuple[str, ...]] = ()
    version = HiddenField()
    seen = HiddenField()

    def shows(self, record_version: int) -> None:
        """Remember which version of the record the fields show, and what they say; for a form that is not sent."""
        told = {name: _text(self[name]) for name in self.parts}
        self.version.data, self.seen.data = str(record_version), json.dumps(told, ensure_ascii=False)

    @property
    def parts(self) -> list[str]:
        """The fields that this form has of those that are compared."""
        return [name for name in self.PARTS if name in self]

    def catch_up(self, fresh: Self) -> list[Change]:
        """What changed since the form was shown, `fresh` being one that shows the record as it is now.

        What was typed stays; what was left alone becomes as it is now. Saved once more, the form is taken.
        """
        shown, changes = _read(str(self.seen.data or "")), []
        for name in self.parts:
            before, now = shown.get(name, ""), _text(fresh[name])
            if before != now:
                field = fresh[name]
                changes.append(Change(str(field.label.text), _words(field, before), _words(field, now)))
            if _text(self[name]) == before:
                self[name].data, self[name].raw_data = fresh[name].data, None
        self.version.data, self.seen.data = fresh.version.data, fresh.seen.data
        return changes


def _text(field: Field) -> str:
    """What a field says, as one text; a field that knows better says so itself."""
    if hasattr(field, "as_text"):
        return str(field.as_text())
    value: Any = field.data
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def _words(field: Any, text: str) -> str:
    """A field's text as people read it; what cannot be read is shown as it came."""
    if hasattr(field, "in_words"):
        return str(field.in_words(text))
    if field.type == "BooleanField":
        return _("Yes") if text else _("No")
    if hasattr(field, "iter_choices"):
        return next((str(each.label) for each in field.iter_choices() if str(each.value) == text), text)
    if field.type == "DayField":
        try:
            return format_day(date.fromisoformat(text))
        except ValueError:
            return text
    return text.replace("T", " ") if field.type == "MomentField" else text


def _read(seen: str) -> Mapping[str, str]:
    try:
        found = json.loads(seen)
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}
