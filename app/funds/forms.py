"""What staff may type about funds and campaigns."""

from typing import Any

from wtforms import SelectField
from wtforms.validators import DataRequired, Optional, Regexp

from app.funds.models import Campaign, Fund, Restriction
from app.funds.services import CampaignDetails, FundDetails
from app.kernel.i18n import LANGUAGES
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import DayField, MoneyField, TextField, offered
from app.web.forms import Form

CODE = Regexp(r"^[A-Z0-9][A-Z0-9_-]*$", message=_l("Use capital letters, digits, - and _ only."))


def _capitals(value: str | None) -> str | None:
    return value.upper() if value else value


class FundForm(Form):
    """A fund with its names for donors."""

    code = TextField(_l("Code"), [DataRequired(), CODE], longest=20, filters=[_capitals])
    name = TextField(_l("Name"), [DataRequired()], longest=100)
    restriction = SelectField(
        _l("How far donors' wishes bind it"),
        choices=lambda: offered(
            [
                (Restriction.UNRESTRICTED.value, str(_l("Unrestricted: wherever it is needed"))),
                (Restriction.TEMPORARY.value, str(_l("Temporarily restricted: until a date or an event"))),
                (Restriction.RESTRICTED.value, str(_l("Restricted: only for its purpose"))),
            ]
        ),
    )
    public_fr = TextField(_l("Name for donors, in French"), longest=100)
    public_en = TextField(_l("Name for donors, in English"), longest=100)
    public_ne = TextField(_l("Name for donors, in Nepali"), longest=100)

    def __init__(self, fund: Fund | None = None) -> None:
        known: dict[str, Any] = {}
        if fund is not None:
            names = {f"public_{code}": fund.public_names.get(code, "") for code in LANGUAGES}
            known = {"code": fund.code, "name": fund.name, "restriction": fund.restriction.value, **names}
        super().__init__(data=known)

    def details(self) -> FundDetails:
        """What the service wants to know."""
        return FundDetails(
            code=self.code.data or "",
            name=self.name.data or "",
            restriction=Restriction(self.restriction.data),
            public_names={code: self[f"public_{code}"].data or "" for code in LANGUAGES},
        )


class CampaignForm(Form):
    """A campaign with its dates and its goal."""

    code = TextField(_l("Code"), [DataRequired(), CODE], longest=20, filters=[_capitals])
    name = TextField(_l("Name"), [DataRequired()], longest=100)
    starts_on = DayField(_l("From"), [Optional()])
    ends_on = DayField(_l("Until"), [Optional()])
    goal = MoneyField(_l("Goal"))
    parent_id = SelectField(_l("Part of"))

    def __init__(self, parents: list[tuple[str, str]], *, currency: str, campaign: Campaign | None = None) -> None:
        known: dict[str, Any] = {"parent_id": ""}
        if campaign is not None:
            names = ("code", "name", "starts_on", "ends_on", "goal")
            known = {name: getattr(campaign, name) for name in names}
            known["parent_id"] = str(campaign.parent_id or "")
        self._currency = currency
        super().__init__(data=known)
        self.parent_id.choices = offered([("", "—"), *parents])

    def process(self, *arguments: Any, **options: Any) -> None:
        """The currency is known before the amount is read."""
        self.goal.currency = self._currency
        super().process(*arguments, **options)

    def details(self) -> CampaignDetails:
        """What the service wants to know."""
        return CampaignDetails(
            code=self.code.data or "",
            name=self.name.data or "",
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            goal=self.goal.data,
            parent_id=int(self.parent_id.data) if self.parent_id.data else None,
        )
