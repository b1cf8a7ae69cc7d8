"""How people come to give in a story told in one process: the steps behind the giving form, then the hosted page."""

import random
from collections import Counter

from app.giving.models import GivingForm
from app.giving.services.submissions import SubmissionDetails, submit_gift
from app.giving.tax_rates import DonorKind
from app.kernel.actors import Actor, ActorKind
from app.kernel.audit import act_as
from app.kernel.errors import Outside, Refused
from app.kernel.money import Money
from app.payments.flows import CheckoutWords, open_checkout_page
from app.web.application import Application
from tests.sandbox_world import DECLINED
from tests.two_years.deaths import Killed, MortalWorld
from tests.two_years.people import Person

DONOR = Actor(ActorKind.PUBLIC, "Donor")
WORDS = CheckoutWords(description="A gift", success_url="http://localhost/t", cancel_url="http://localhost/g")
PATIENCE = 3
"""So often somebody presses again who got no answer."""


class Door:
    """The giving form. Nothing here waits: whoever gets no answer, or a no, too often goes away."""

    def __init__(self, app: Application, world: MortalWorld, dice: random.Random, form_id: int) -> None:
        self._app, self._world, self._dice, self._form_id = app, world, dice, form_id
        self.told: Counter[str] = Counter()

    def come(self, person: Person) -> bool:
        """Give at the form, with a second try where there is no answer; whether they paid."""
        page = next(filter(None, (self._page_of(person) for _ in range(PATIENCE))), None)
        if page is None:
            self.told["gave up"] += 1
            return False
        if self._dice.random() < 0.1:
            self._world.pay(page, DECLINED)
        done = self._world.pay(page, person.pays_by).status == 303
        self.told["gave" if done else "was refused"] += 1
        return done

    def _page_of(self, person: Person) -> str | None:
        try:
            return open_checkout_page(self._app.work, self._sent(person), WORDS, actor=DONOR)
        except (Refused, Outside, Killed):
            return None

    def _sent(self, person: Person) -> int:
        details = SubmissionDetails(
            page_key=f"page-{person.number}", donor_kind=DonorKind.PERSON, language="fr",
            gift=Money(person.cents, "EUR"), fee_cover=Money(0, "EUR"), fund_id=self._fund_id(), is_test=True,
            interval=person.interval, answers=person.answers,
        )  # fmt: skip
        with self._app.database.writing() as db:
            act_as(db, DONOR)
            checkout_id = submit_gift(db, db.get_one(GivingForm, self._form_id), details, actor=DONOR).checkout_id
        assert checkout_id is not None
        return checkout_id

    def _fund_id(self) -> int:
        with self._app.database.reading() as db:
            return db.get_one(GivingForm, self._form_id).funds[0].fund_id
