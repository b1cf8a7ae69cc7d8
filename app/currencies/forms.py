"""What people type about exchange rates."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import SelectField, ValidationError
from wtforms.validators import InputRequired

from app.currencies.ecb_files import LARGEST
from app.currencies.models import EURO
from app.currencies.services import RateDetails
from app.kernel.i18n import gettext
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import EXPONENTS
from app.kernel.text import one_line
from app.web.fields import DayField, TextField, offered
from app.web.forms import Form, PageKeyField

UNITS = _l("How many of them one euro buys, such as 1.0921.")


class UnitsField(TextField):
    """A rate, typed with a point or a comma."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it; a comma is a point."""
        super().process_formdata([str(value).replace(",", ".").strip() for value in valuelist])


class RateForm(Form):
    """The rate of a day."""

    currency = SelectField(_l("Currency"), choices=lambda: offered((code, code) for code in sorted(EXPONENTS)
                                                                  if code != EURO))  # fmt: skip
    day = DayField(_l("Day"), [InputRequired()])
    units = UnitsField(_l("Rate"), [InputRequired()], longest=20, description=UNITS)
    origin = TextField(_l("Where it is from"), description=_l("For example, the central bank of the country."))

    def details(self) -> RateDetails:
        """The typed values, in the shape the services take."""
        assert self.day.data is not None
        return RateDetails(
            currency=self.currency.data, day=self.day.data, units=self.units.data or "", origin=self.origin.data or ""
        )


class CorrectionForm(Form):
    """The right rate in the place of a wrong one."""

    units = UnitsField(_l("Right rate"), [InputRequired()], longest=20, description=UNITS)
    reason = TextField(_l("Why it is corrected"), [InputRequired()])


class ImportForm(Form):
    """A file of the Central Bank."""

    TYPES = ".csv,.zip,.xml"
    key = PageKeyField()
    file = FileField(_l("File"))
    content = b""

    def validate_file(self, field: Any) -> None:
        """Read the file, but no more of it than it may have."""
        if not field.data or not field.data.filename:
            raise ValidationError(gettext("Choose a file first."))
        self.content = field.data.stream.read(LARGEST + 1)

    @property
    def filename(self) -> str:
        """What the browser says it is called, without signs that a database cannot hold."""
        return one_line(str(self.file.data.filename))
