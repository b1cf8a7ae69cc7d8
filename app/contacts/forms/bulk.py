"""What staff may type about a deed done to many contacts."""

from collections.abc import Sequence

from wtforms import SelectField
from wtforms.validators import InputRequired

from app.contacts.models import BulkDeed
from app.contacts.wording.bulk import TARGETS
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import offered
from app.web.forms import Form

NOBODY = "nobody"


class BulkForm(Form):
    """The tag, list or person that a deed is about; nothing for the archive. It is chosen first, and then confirmed."""

    target = SelectField(validators=[InputRequired()])

    def __init__(self, deed: BulkDeed, choices: Sequence[tuple[str, str]], chosen: str) -> None:
        super().__init__(data={"target": chosen})
        self._names = dict(choices)
        self.target.label.text = TARGETS.get(deed, "")
        self.target.choices = offered([("", _l("Choose…")), *choices])
        self._chosen = chosen
        if deed not in TARGETS:
            del self.target

    @property
    def is_chosen(self) -> bool:
        """Whether there is nothing to choose (any more)."""
        return "target" not in self or self._chosen in self._names

    @property
    def name(self) -> str:
        """What was chosen, in words."""
        return "" if self._chosen == NOBODY else self._names.get(self._chosen, "")

    @property
    def target_id(self) -> int | None:
        """The key of what was chosen; None for nobody, and where there is nothing to choose."""
        return int(self._chosen) if self._chosen.isdecimal() and self.is_chosen and "target" in self else None
