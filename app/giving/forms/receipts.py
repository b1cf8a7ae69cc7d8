"""What staff type to find receipts."""

from collections.abc import Sequence
from typing import Any, Self

from wtforms import SelectField

from app.giving.forms.gifts import ALL, key_or_none
from app.giving.models import ReceiptStatus
from app.giving.queries.receipts import ReceiptFilter
from app.giving.wording import choices_of
from app.kernel.i18n import gettext
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import TextField, offered
from app.web.forms import Form


class ReceiptFilterForm(Form):
    """The filters above the list of receipts, from the address."""

    class Meta(Form.Meta):
        """A GET form changes nothing and needs no token."""

        csrf = False

    q = TextField(_l("Number or donor"), longest=100)
    year = SelectField(_l("Year"), coerce=key_or_none)
    state = SelectField(_l("State"), default="", choices=offered([ALL, *choices_of(*ReceiptStatus)]))
    sort = SelectField(
        _l("Kind"),
        default="",
        choices=offered(
            [ALL, ("real", _l("Numbered")), ("specimen", _l("Specimens")), ("yearly", _l("For a whole year"))]
        ),
    )

    @classmethod
    def of(cls, typed: Any, years: Sequence[int]) -> Self:
        """The form as the address has it."""
        form = cls(formdata=typed)
        form.year.choices = offered([("", gettext("All")), *((str(year), str(year)) for year in years)])
        return form

    def wanted(self) -> ReceiptFilter:
        """The filter, once the form is valid."""
        return ReceiptFilter(
            text=self.q.data or "",
            year=self.year.data,
            status=ReceiptStatus(self.state.data) if self.state.data else None,
            covers_year=True if self.sort.data == "yearly" else None,
            is_specimen={"specimen": True, "real": False}.get(self.sort.data),
        )
