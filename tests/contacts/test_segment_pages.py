"""The filter builder and the pages of segments, as fundraisers use them, with and without script."""

import pytest
from sqlalchemy import event, select

from app.accounts.models import StaffUser
from app.contacts.models import Contact, CustomType, Segment, SegmentKind
from app.contacts.services.custom_fields import set_values
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.conditions import Condition, Group, Op, read_question
from app.kernel.money import Money
from tests.factories.contacts import make_contact
from tests.factories.custom_fields import make_field, make_group
from tests.factories.giving import make_offline_gift
from tests.factories.segments import make_segment

pytestmark = pytest.mark.db
PARIS = {"q-match": "all", "q-0-field": "address.postcode", "q-0-is": "begins", "q-0-v": "75"}
GIVING = {"q-1-field": "giving.sum", "q-1-is": "at_least", "q-1-v": "100,00", "q-1-period": "year:-1"}


@pytest.fixture
def staff(sign_in):
    return sign_in("contacts.read", "contacts.edit", "gifts.read")


@pytest.fixture
def keep(database):
    """Make a segment of whoever signed in last, and tell its key."""

    def make(kind=SegmentKind.LIVE, **parts):
        with database.writing() as db:
            act_as(db, SYSTEM)
            newest = select(StaffUser).order_by(StaffUser.id.desc()).limit(1)
            return make_segment(db, db.scalars(newest).one(), kind, **parts).id

    return make


@pytest.fixture
def people(database):
    """Two contacts, one in Paris who gave, one in Lyon; their keys."""
    with database.writing() as db:
        act_as(db, SYSTEM)
        paris, lyon = make_contact(db), make_contact(db, given_name="Ravi", city="Lyon", postcode="69001")
        make_offline_gift(db, paris, amount=Money(20_000, "EUR"))
        db.flush()
        return paris.id, lyon.id


def text(answer):
    return answer.get_data(as_text=True)


def stored(database, key=None):
    with database.reading() as db:
        return db.get(Segment, key) if key else db.scalars(select(Segment)).one()


def test_a_search_is_put_together_counted_saved_and_shows_who_is_in(staff, database, people):
    drawn = text(staff.post("/segments/build", data=PARIS))
    assert "<strong>1</strong> contact" in drawn

    saved = staff.post("/segments/new", data={**PARIS, "name": "Parisians"}, follow_redirects=True)

    assert saved.status_code == 200
    assert "Maya Lefèvre" in text(saved)
    assert "Ravi" not in text(saved)
    segment = stored(database)
    assert segment.last_count == 1
    assert segment.question["of"] == [{"field": "address.postcode", "is": "begins", "values": ["75"]}]
    assert "Parisians" in text(staff.get("/segments/"))


def test_building_writes_nothing(staff, database, people):
    staff.post("/segments/build", data={**PARIS, "name": "Parisians", "do": "add:q"})
    with database.reading() as db:
        assert db.scalars(select(Segment)).all() == []


def test_lines_and_groups_come_and_go_without_script(staff):
    more = text(staff.post("/segments/build", data={**PARIS, "do": "add:q"}))
    assert 'name="q-1-field"' in more
    grouped = text(staff.post("/segments/build", data={**PARIS, "do": "group:q"}))
    assert 'name="q-1-match"' in grouped
    assert 'name="q-1-0-field"' in grouped
    fewer = text(staff.post("/segments/build", data={**PARIS, **GIVING, "do": "drop:q-0"}))
    assert 'value="giving.sum" selected' in fewer
    assert 'name="q-1-field"' not in fewer


def test_a_line_that_is_not_finished_does_not_count_and_is_marked_when_it_is_saved(staff, database, people):
    half = {**PARIS, "q-1-field": "giving.sum", "q-1-is": "at_least", "q-1-v": ""}
    drawn = text(staff.post("/segments/build", data=half))
    assert "<strong>1</strong> contact" in drawn
    assert "1 line is not finished" in drawn

    refused = staff.post("/segments/new", data={**half, "name": "Half"})
    assert refused.status_code == 422
    assert "Fill in this line" in text(refused)
    assert 'value="75"' in text(refused)


@pytest.mark.parametrize(
    "line",
    [
        {"q-0-field": "giving.sum", "q-0-is": "at_least", "q-0-v": "lots"},
        {"q-0-field": "giving.sum", "q-0-is": "at_least", "q-0-v": "9" * 40},
        {"q-0-field": "giving.count", "q-0-is": "at_least", "q-0-v": "1.5"},
        {"q-0-field": "contact.birth", "q-0-is": "since", "q-0-v": "2026-02-31"},
        {"q-0-field": "contact.birth", "q-0-is": "since", "q-0-v": "0001-01-01"},
        {"q-0-field": "contact.birth", "q-0-is": "within_days", "q-0-v": "99999999999999999999"},
        {"q-0-field": "contact.birth", "q-0-is": "anniversary", "q-0-v": "13"},
        {"q-0-field": "giving.sum", "q-0-is": "at_least", "q-0-v": "5", "q-0-period": "year:-999"},
        {"q-0-field": "giving.sum", "q-0-is": "at_least", "q-0-v": "5", "q-0-period": "days", "q-0-days": "-3"},
        {"q-0-field": "giving.sum", "q-0-is": "at_least", "q-0-v": "5", "q-0-period": "between"},
        {"q-0-field": "nothing.here", "q-0-is": "is", "q-0-v": "x"},
        {"q-0-field": "address.city", "q-0-is": "is", "q-0-v": "\x00\u202e"},
    ],
)
def test_junk_on_a_line_is_pointed_out_and_nothing_is_saved(staff, database, line):
    refused = staff.post("/segments/new", data={"q-match": "all", **line, "name": "Junk"})
    assert refused.status_code == 422
    assert "field-error" in text(refused)
    with database.reading() as db:
        assert db.scalars(select(Segment)).all() == []


def test_hostile_forms_are_answered_without_a_fault(staff):
    hostile = {
        "q-match": "🙂", **{f"q-{place}-field": "contact.name" for place in range(99)}, "q-0-0-0-0-0-field": "x",
        "q-1-match": "any", "q-1-1-match": "none", "q-1-1-1-match": "all", "q-1-1-1-1-match": "all",
        "q-1-1-1-1-1-match": "all", "q-0-v": "a" * 100_000, "do": "drop:q-99-99-99-99", "segment": "9" * 30,
    }  # fmt: skip
    assert staff.post("/segments/build", data=hostile).status_code in {200, 404}
    hostile.pop("segment")
    assert staff.post("/segments/build", data=hostile).status_code == 200


def test_what_was_typed_is_shown_again_as_text(staff):
    script = '"><script>alert(1)</script>'
    drawn = text(staff.post("/segments/build", data={**PARIS, "q-0-v": script, "name": script}))
    assert script not in drawn
    assert "&lt;script&gt;" in drawn


def test_who_may_not_read_gifts_searches_by_no_figures_and_sees_no_segment_that_does(sign_in, keep, staff, database):
    key = keep(question=Group(parts=(Condition("giving.sum", Op.AT_LEAST, (1,)),)))
    reader = sign_in("contacts.read")

    assert "giving.sum" not in text(reader.get("/segments/new"))
    assert "no more" in text(reader.get(f"/segments/{key}"))


def test_a_segment_of_somebody_else_is_seen_when_it_is_shared_and_changed_by_nobody_else(sign_in, keep, staff):
    shared, own = keep(name="Shared"), keep(name="Own", is_shared=False)
    other = sign_in("contacts.read")

    assert other.get(f"/segments/{shared}").status_code == 200
    assert other.get(f"/segments/{own}").status_code == 404
    assert other.get(f"/segments/{shared}/edit").status_code == 404
    assert other.post(f"/segments/{shared}/archive").status_code == 404


def test_whoever_saves_second_is_told_and_loses_nothing(staff, keep, database):
    key = keep()
    version = str(stored(database, key).version)
    first = {**PARIS, "name": "First", "version": version}
    assert staff.post(f"/segments/{key}/edit", data=first).status_code == 303

    second = staff.post(f"/segments/{key}/edit", data={**first, "name": "Second", "q-0-v": "69"})

    assert second.status_code == 409
    assert "Somebody else has saved" in text(second)
    assert 'value="Second"' in text(second)
    assert 'value="69"' in text(second)
    assert stored(database, key).name == "First"


def test_people_are_put_on_a_list_and_taken_off_with_a_way_back(staff, keep, people):
    key = keep(SegmentKind.FIXED, name="Dinner")
    assert "Maya" in text(staff.get(f"/segments/{key}/add?q=lefevre"))

    put_in = f"/segments/{key}/contacts/{people[0]}/put-in"
    assert put_in in text(staff.get(f"/segments/{key}/add?q=lefevre"))
    put = staff.post(put_in, follow_redirects=True)
    assert "Maya Lefèvre" in text(put)
    assert text(put).count(f"/segments/{key}/contacts/{people[0]}/take-out") == 2, "in the notice, and in the row"
    staff.post(f"/segments/{key}/contacts/{people[0]}/take-out")
    assert "Nobody is on this list yet" in text(staff.get(f"/segments/{key}"))


def test_a_list_is_begun_without_a_search(staff, database):
    begun = staff.post("/segments/new?kind=fixed", data={"name": "Dinner"}, follow_redirects=True)
    assert "Nobody is on this list yet" in text(begun)
    assert stored(database).kind is SegmentKind.FIXED


def test_a_segment_is_put_away_and_taken_out_again(staff, keep):
    key = keep(name="Summer")
    away = staff.post(f"/segments/{key}/archive", follow_redirects=True)
    assert f"/segments/{key}/restore" in text(away)
    assert "Summer" in text(staff.get("/segments/?shown=archived"))
    assert "Summer" in text(staff.post(f"/segments/{key}/restore", follow_redirects=True))


@pytest.mark.parametrize("ready", ["lybunt", "sybunt", "new", "loyal", "monthly", "unknown"])
def test_searches_to_begin_with_can_be_run_at_once(staff, people, ready):
    drawn = text(staff.get(f"/segments/new?ready={ready}"))
    assert "segment-count" in drawn
    assert "field-error" not in drawn


def test_a_question_is_told_in_words(staff, keep, database):
    drawn = text(staff.get(f"/segments/{keep()}"))
    assert "Postcode begins with “75”" in drawn
    assert "Gave in all at least €100 (last fiscal year)" in drawn
    assert "Any of these:" in drawn


def test_contacts_in_the_archive_are_in_no_search(staff, database, people):
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(Contact, people[0]).archived_at = db.get_one(Contact, people[1]).created_at
    assert "<strong>0</strong>" in text(staff.post("/segments/build", data=PARIS))


def test_a_list_that_is_not_shared_is_neither_named_nor_asked_by_others(staff, sign_in, keep, people, database):
    hidden = keep(SegmentKind.FIXED, name="Board candidates", is_shared=False)
    staff.post(f"/segments/{hidden}/contacts/{people[0]}/put-in")
    about_it = {"q-match": "all", "q-0-field": "list", "q-0-is": "any_of", "q-0-v": str(hidden)}
    shared = keep(name="Shared", question=Group(parts=(Condition("list", Op.ANY_OF, (str(hidden),)),)))
    assert "Board candidates" in text(staff.post("/segments/build", data=about_it))
    assert "Maya" in text(staff.get(f"/segments/{shared}"))
    stranger = sign_in("contacts.read", "contacts.edit", "contacts.export", "contacts.set_up")

    for answer in (stranger.post("/segments/build", data=about_it), stranger.get(f"/segments/{shared}")):
        assert "Board candidates" not in text(answer)
        assert "Maya" not in text(answer)
        assert "not shared with you" in text(answer)
    assert "not shared with you" in text(stranger.get(f"/segments/{shared}/export"))


def test_what_asks_of_a_restricted_field_tells_others_neither_its_name_nor_how_many(sign_in, keep, people, db):
    field = make_field(db, CustomType.TEXT, make_group(db, "Safeguarding", is_restricted=True), key="asylum")
    set_values(db, db.get(Contact, people[0]), {field.key: ["awaiting court"]}, actor=SYSTEM)
    db.commit()
    owner = sign_in()
    question = Group(parts=(Condition("custom.asylum", Op.IS, ("awaiting court",)),))
    key = keep(name="Cases", question=question)
    typed = {"q-match": "all", "q-0-field": "custom.asylum", "q-0-is": "is", "q-0-v": "awaiting court", "name": "Cases"}
    owner.post(f"/segments/{key}/edit", data={**typed, "is_shared": "y", "version": "1"})
    assert "Maya" in text(owner.get(f"/segments/{key}"))
    reader = sign_in("contacts.read", "contacts.edit", "contacts.export", "accounts.audit")

    trail = f"/settings/trail/?record_type=segment&record_id={key}"
    pages = [f"/segments/{key}", f"/segments/{key}/export", f"/segments/{key}/bulk/archive", trail]
    for page in pages:
        shown = text(reader.get(page))
        assert "asylum" not in shown, page
        assert "awaiting court" not in shown, page
        assert "Maya Lef" not in shown, page
    assert "Cannot be counted" in text(reader.get("/segments/"))
    assert "asylum" not in text(reader.post("/segments/build", data={"segment": str(key)}))


@pytest.mark.parametrize("shape", ["long", "deep", "large"])
def test_a_search_that_could_not_be_read_again_is_refused_with_what_was_typed(staff, database, db, shape):
    make_field(db, CustomType.NUMBER, key="height", decimals=4)
    db.commit()
    one = {"field": "contact.name", "is": "is", "v": "a"}
    here, places = {}, {"long": range(60), "deep": ["0-0-0-0-0"], "large": [0]}[shape]
    for place in places:
        here |= {f"q-{place}-{part}": value for part, value in one.items()}
    if shape == "deep":
        here |= {f"q{'-0' * level}-match": "any" for level in range(5)}
    if shape == "large":
        here |= {"q-0-field": "custom.height", "q-0-is": "at_least", "q-0-v": "999999999999.9999"}

    answer = staff.post("/segments/new", data={"q-match": "all", **here, "name": "Too much"})

    with database.reading() as reading:
        for segment in reading.scalars(select(Segment)):
            read_question(segment.question)
    if answer.status_code == 303:
        assert staff.get(answer.location).status_code == staff.get(f"{answer.location}/edit").status_code == 200


def test_no_more_lines_are_drawn_than_anybody_needs_however_many_are_sent(staff):
    sent = {f"q-{group}-{place}-field": "address.country" for group in range(100) for place in range(4)}

    drawn = text(staff.post("/segments/build", data={"q-match": "all", **sent}))

    assert drawn.count('filter-line"') <= 100


@pytest.mark.parametrize("address", ["/segments/new", "/segments/{key}/edit"])
def test_nobody_waits_to_write_while_a_search_is_counted_that_is_being_saved(staff, keep, database, address):
    key, written = keep(), []

    def write_meanwhile(_connection, _cursor, statement, *_others):
        if "count(contact.id)" in statement and not written:
            written.append(True)
            with database.writing() as other:  # on SQLite nobody could while the request holds the lock
                act_as(other, SYSTEM)
                make_contact(other)

    event.listen(database.engine, "before_cursor_execute", write_meanwhile)
    try:
        saved = staff.post(address.format(key=key), data={**PARIS, "name": "Parisians", "version": "1"})
    finally:
        event.remove(database.engine, "before_cursor_execute", write_meanwhile)

    assert saved.status_code == 303
    assert written == [True]


def test_the_builder_says_beneath_an_amount_how_other_currencies_count(sign_in):
    staff = sign_in("contacts.read", "contacts.segments", "gifts.read")
    told = "Gifts in other currencies count by the rate of their day; those without a rate are not counted."

    line = {"q-match": "all", "q-0-is": "at_least", "q-0-v": "10"}
    assert told in staff.post("/segments/build", data={**line, "q-0-field": "giving.sum"}).text
    assert told not in staff.post("/segments/build", data={**line, "q-0-field": "giving.count"}).text
