"""What staff type about tags."""

from collections.abc import Sequence

from wtforms import HiddenField, SelectField
from wtforms.validators import InputRequired

from app.contacts.models.tag import Tag, TagColour
from app.contacts.services.tags import LONGEST, TagDetails
from app.contacts.wording.tags import COLOURS
from app.kernel.i18n import gettext
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import LongTextField, TextField, offered
from app.web.forms import Form


class TagForm(Form):
    """A tag of the list."""

    name = TextField(_l("Name"), [InputRequired()], longest=LONGEST)
    colour = SelectField(_l("Colour"), choices=offered(COLOURS.items()), default=TagColour.GREY)
    description = LongTextField(_l("What it is for"), longest=500, render_kw={"rows": 2})
    version = HiddenField()

    def details(self) -> TagDetails:
        """The typed values, in the shape the service takes."""
        return TagDetails(
            name=self.name.data or "", colour=TagColour(self.colour.data), description=self.description.data or ""
        )

    @property
    def seen_version(self) -> int:
        """The version that was shown; 0 if what came back is no number."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


class MergeForm(Form):
    """Into which other tag a tag goes."""

    into = SelectField(_l("Into which tag"), [InputRequired()])

    @classmethod
    def among(cls, tags: Sequence[Tag]) -> "MergeForm":
        """With the tags to choose from."""
        form = cls()
        form.into.choices = offered([("", gettext("Choose…")), *((str(tag.id), tag.name) for tag in tags)])
        return form


class TaggingForm(Form):
    """The name of the tag that a contact gets."""

    tag = TextField(_l("Tag"), [InputRequired()], longest=LONGEST)
