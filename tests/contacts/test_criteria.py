"""Whatever can be searched by finds whom it says, on both databases alike."""

from datetime import date

import pytest

from app.contacts.models import Channel, ContactKind, CustomType, HoldReason, InteractionKind, RelationshipType
from app.contacts.queries.segments import those_who
from app.contacts.services import ConsentAnswer, archive_contact, record_consents
from app.kernel.actors import SYSTEM
from app.kernel.conditions import LARGEST, Condition, Group, Kind, Match, Op, Period
from app.kernel.criteria import CriteriaSources
from app.kernel.errors import Refused
from tests.factories.contacts import make_contact, make_wording
from tests.factories.custom_fields import make_field
from tests.factories.households import join_a_household, make_tie
from tests.factories.staff import make_staff
from tests.factories.tags import make_tag
from tests.factories.tasks import make_interaction, make_task

pytestmark = pytest.mark.db


@pytest.fixture
def ask(app, db):
    """Whom a question finds; conditions given alone must all hold."""

    def asked(*parts, match=Match.ALL):
        db.flush()
        criteria = app.ports.get(CriteriaSources).load(db)
        return set(db.scalars(those_who(db, Group(match, parts), criteria)))

    return asked


def test_a_question_about_nothing_finds_everybody_but_the_archive(db, ask):
    maya, gone = make_contact(db), make_contact(db)
    archive_contact(db, gone, actor=SYSTEM)

    assert ask() == {maya}


def test_postcodes_are_found_by_how_they_begin_whatever_the_spaces(db, ask):
    paris, london = make_contact(db), make_contact(db, postcode="SW1A 1AA", city="London", country="GB")
    make_contact(db, street="", postcode="", city="", country="")

    assert ask(Condition("address.postcode", Op.BEGINS, ("75",))) == {paris}
    assert ask(Condition("address.postcode", Op.BEGINS, ("sw1a1",))) == {london}
    assert ask(Condition("address.postcode", Op.IS_NOT, ("75011",))) == set(ask()) - {paris}
    assert len(ask(Condition("address.postcode", Op.EMPTY))) == 1


def test_cities_and_names_are_found_without_accents_and_across_scripts(db, ask):
    orleans = make_contact(db, city="Orléans", given_name="Éloïse", family_name="Lefèvre")
    nepali = make_contact(db, city="काठमाडौँ", given_name="राम", family_name="श्रेष्ठ")

    assert ask(Condition("address.city", Op.IS, ("orleans",))) == {orleans}
    assert ask(Condition("contact.name", Op.BEGINS, ("lefevre",))) == {orleans}
    assert ask(Condition("contact.name", Op.BEGINS, ("shre",))) == {nepali}
    assert ask(Condition("contact.name", Op.BEGINS, ("%",))) == set()


def test_all_any_and_none_join_conditions(db, ask):
    paris = make_contact(db)
    lyon = make_contact(db, postcode="69001", city="Lyon")
    firm = make_contact(db, group_name="Atelier", city="Lyon", postcode="69002")
    is_lyon = Condition("address.city", Op.IS, ("Lyon",))
    is_firm = Condition("contact.kind", Op.ANY_OF, ("organisation",))

    assert ask(is_lyon, is_firm) == {firm}
    assert ask(is_lyon, is_firm, match=Match.ANY) == {lyon, firm}
    assert ask(is_lyon, is_firm, match=Match.NONE) == {paris}
    assert ask(is_lyon, Group(Match.NONE, (is_firm,))) == {lyon}
    assert ask(Group(Match.ANY), Group(Match.NONE)) == {paris, lyon, firm}


def test_the_newest_answer_about_consent_counts(db, ask):
    wording = make_wording(db, purpose="visits")
    agreed, changed, never = (make_contact(db) for _ in range(3))
    for contact, answers in ((agreed, [False, True]), (changed, [True, False])):
        for is_given in answers:
            told = [ConsentAnswer(wording.id, is_given)]
            record_consents(db, contact, told, source="staff", language="fr", actor=SYSTEM)
    make_wording(db, purpose="visits", texts={"fr": "Autres mots."})

    assert ask(Condition("consent.visits.email", Op.ANY_OF, ("given",))) == {agreed}
    assert ask(Condition("consent.visits.email", Op.ANY_OF, ("refused",))) == {changed}
    assert ask(Condition("consent.visits.email", Op.ANY_OF, ("never",))) == {never}
    assert ask(Condition("consent.visits.email", Op.NONE_OF, ("refused", "never"))) == {agreed}


def test_only_those_may_be_written_to_who_live_have_not_objected_and_can_be_reached(db, ask):
    fine = make_contact(db)
    objected, dead, refused, held = (make_contact(db) for _ in range(4))
    make_contact(db, email="")
    objected.do_not_contact, dead.is_deceased, refused.no_email = True, True, True
    held.emails[0].hold_reason, held.emails[0].hold_since = HoldReason.BOUNCED, date(2026, 1, 1)
    over = make_contact(db)
    over.emails[0].valid_until = date(2020, 1, 1)

    assert ask(Condition("reach.email", Op.YES)) == {fine}
    assert refused in ask(Condition("reach.post", Op.YES))
    assert fine not in ask(Condition("reach.email", Op.NO))


def test_ties_are_found_from_the_side_they_are_seen_from(db, ask):
    person, firm, friend = make_contact(db), make_contact(db, group_name="Atelier"), make_contact(db)
    job = make_tie(db, person, firm, "employment")
    make_tie(db, friend, person, "friend")
    of_kind = {each.code: each.id for each in db.query(RelationshipType)}

    assert ask(Condition("relationship.type", Op.ANY_OF, (f"{of_kind['employment']}:forward",))) == {person}
    assert ask(Condition("relationship.type", Op.ANY_OF, (f"{of_kind['employment']}:backward",))) == {firm}
    assert ask(Condition("relationship.type", Op.ANY_OF, (f"{of_kind['friend']}:forward",))) == {person, friend}
    assert ask(Condition("relationship.type", Op.EMPTY)) == set()
    job.since, job.until = date(2019, 1, 1), date(2020, 1, 1)
    assert ask(Condition("relationship.type", Op.EMPTY)) == {firm}


def test_tags_households_tasks_and_meetings_are_found(database, db, ask):
    me = make_staff(database, "contacts.read")
    tagged, housed, busy, met = (make_contact(db) for _ in range(4))
    tag = make_tag(db, "Mécène", tagged)
    home = join_a_household(db, housed).household
    make_task(db, me, busy)
    make_interaction(db, met, me, kind=InteractionKind.CALL)

    assert ask(Condition("tag", Op.ANY_OF, (str(tag.id),))) == {tagged}
    assert ask(Condition("tag", Op.EMPTY)) == {housed, busy, met, home}
    assert ask(Condition("household.member", Op.YES)) == {housed}
    assert ask(Condition("task.open", Op.YES)) == {busy}
    assert ask(Condition("interaction.kind", Op.ANY_OF, ("call",))) == {met}
    assert ask(Condition("interaction.kind", Op.ANY_OF, ("call",), Period(until=date(2001, 1, 1)))) == set()
    assert met not in ask(Condition("interaction.kind", Op.EMPTY))


def test_birthdays_are_found_by_their_month(db, ask):
    may, june = make_contact(db), make_contact(db)
    make_contact(db)
    may.birth_on, june.birth_on = date(1970, 5, 4), date(1980, 6, 1)

    assert ask(Condition("contact.birth", Op.ANNIVERSARY, (5,))) == {may}
    assert ask(Condition("contact.birth", Op.BETWEEN, ("1960-01-01", "1975-12-31"))) == {may}
    assert june not in ask(Condition("contact.birth", Op.EMPTY))


@pytest.mark.parametrize(
    "condition",
    [
        Condition("field.deleted", Op.FILLED),
        Condition("contact.kind", Op.AT_LEAST, (3,)),
        Condition("contact.kind", Op.ANY_OF),
        Condition("address.city", Op.IS, (3,)),
        Condition("contact.birth", Op.SINCE, ("31 February",)),
        Condition("contact.birth", Op.ANNIVERSARY, (13,)),
        Condition("contact.deceased", Op.YES, ("yes",)),
        Condition("address.city", Op.IS, ("Lyon",), Period(days=3)),
        Condition("giving.sum", Op.AT_LEAST, ("1; DROP TABLE gift",)),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(ask, condition):
    with pytest.raises(Refused):
        ask(condition)


def test_every_criterion_can_be_asked_in_each_of_its_ways(app, db, ask):
    make_wording(db)
    make_contact(db, kind=ContactKind.HOUSEHOLD, group_name="Gurung")
    db.flush()
    for criterion in app.ports.get(CriteriaSources).load(db).all:
        choices = [value for value, _words in criterion.choices(db)] if criterion.choices else []
        for op in criterion.operators:
            for period in (None, Period(fiscal_year=-1), Period(days=30)) if criterion.has_period else (None,):
                ask(Condition(criterion.key, op, typical(criterion, op, choices), period))


JUNK = (
    "9" * 30,
    "9" * 200,
    "junk",
    "-1",
    "0",
    "²",
    "٣",
    "%",
    "_",
    "\\",
    "'",
    "9" * 30 + ":forward",
    "NaN",
    "\U0010ffff",
)


def test_what_is_no_choice_of_a_field_is_chosen_by_nobody(app, db, ask):
    make_wording(db)
    make_field(db, CustomType.CHOICE)
    make_field(db, CustomType.CHOICES)
    maya = make_contact(db)
    db.flush()
    chosen = [each for each in app.ports.get(CriteriaSources).load(db).all if each.kind is Kind.CHOICE]
    for criterion in chosen:
        assert ask(Condition(criterion.key, Op.ANY_OF, JUNK)) == set(), criterion.key
        assert ask(Condition(criterion.key, Op.NONE_OF, JUNK)) == {maya}, criterion.key


def test_the_largest_and_smallest_values_of_any_field_are_compared_without_a_fault(app, db, ask):
    make_contact(db)
    for criterion in app.ports.get(CriteriaSources).load(db).all:
        whole = criterion.kind in {Kind.NUMBER, Kind.MONEY, Kind.CONTACT}
        values = (-LARGEST, LARGEST) if whole else ("0001-01-01", "9999-12-31")
        for op in set(criterion.operators) & {Op.IS, Op.AT_LEAST, Op.AT_MOST, Op.EQUALS, Op.BEGINS, Op.CONTAINS}:
            for value in values:
                ask(Condition(criterion.key, op, (value,)))


def typical(criterion, op, choices):
    """Values that fit a way of comparing."""
    if op in {Op.FILLED, Op.EMPTY, Op.YES, Op.NO}:
        return ()
    if op in {Op.ANY_OF, Op.NONE_OF}:
        return tuple(choices[:2]) or ("1",)
    if op in {Op.WITHIN_DAYS, Op.BEFORE_DAYS, Op.ANNIVERSARY}:
        return (7,)
    one = {"day": "2026-01-01", "text": "a"}.get(criterion.kind.value, 10)
    return (one, one) if op is Op.BETWEEN else (one,)


def test_channels_have_words_for_every_channel(db, ask):
    for channel in Channel:
        assert ask(Condition(f"reach.{channel.value}", Op.NO)) == set()
