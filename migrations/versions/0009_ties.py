"""Who belongs to whom: relationships and households.

Revision ID: 0009
Revises: 0008
"""

from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.locking import hold

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GRANTED = {"Administrator": ["contacts.set_up"]}
PERSON, HOUSEHOLD, ORGANISATION = "person", "household", "organisation"
ANYBODY = [PERSON, HOUSEHOLD, ORGANISATION]
TYPES = [
    ("employment", [PERSON], [ORGANISATION],
     ("Salarié(e) de", "Employee of", "कर्मचारी, कार्यरत संस्था:"), ("Employeur de", "Employer of", "रोजगारदाता, कर्मचारी:")),
    ("spouse", [PERSON], [PERSON], ("Conjoint(e) de", "Spouse or partner of", "जीवनसाथी:"), None),
    ("parent", [PERSON], [PERSON],
     ("Parent de", "Parent of", "अभिभावक, सन्तान:"), ("Enfant de", "Child of", "सन्तान, अभिभावक:")),
    ("sibling", [PERSON], [PERSON], ("Frère ou sœur de", "Brother or sister of", "दाजुभाइ वा दिदीबहिनी:"), None),
    ("board", [PERSON], [ORGANISATION],
     ("Membre du conseil de", "Board member of", "सञ्चालक समिति सदस्य, संस्था:"),
     ("A dans son conseil", "Has on its board", "सञ्चालक समितिमा:")),
    ("volunteering", [PERSON], [ORGANISATION],
     ("Contact bénévolat pour", "Volunteer contact for", "स्वयंसेवा सम्पर्क, संस्था:"),
     ("A pour contact bénévolat", "Has as volunteer contact", "स्वयंसेवाका लागि सम्पर्क व्यक्ति:")),
    ("contact_person", [PERSON], [ORGANISATION],
     ("Interlocuteur chez", "Contact person at", "सम्पर्क व्यक्ति, संस्था:"),
     ("A pour interlocuteur", "Has as contact person", "सम्पर्क व्यक्ति:")),
    ("friend", [PERSON], [PERSON], ("Ami(e) de", "Friend of", "साथी:"), None),
    ("introduction", ANYBODY, ANYBODY,
     ("Nous a fait connaître", "Introduced us to", "हामीसँग चिनाजानी गराएको:"),
     ("Connu(e) grâce à", "Introduced to us by", "चिनाजानी गराउने:")),
    ("partner", [ORGANISATION], [ORGANISATION], ("Partenaire de", "Partner of", "साझेदार संस्था:"), None),
    ("umbrella", [ORGANISATION], [ORGANISATION],
     ("Membre de", "Member of", "सदस्य, छाता संस्था:"), ("A pour membre", "Has as member", "सदस्य संस्था:")),
]  # fmt: skip


def upgrade() -> None:
    """Four tables, the usual kinds of ties, and who may change the list of them."""
    hold("contact", "role")
    _relationship_tables()
    _household_tables()
    _usual_types()
    _change_roles(lambda held, granted: [*held, *(each for each in granted if each not in held)])


def downgrade() -> None:
    """Without them."""
    _change_roles(lambda held, granted: [each for each in held if each not in granted])
    for table in ("household_member", "household", "relationship", "relationship_type"):
        op.drop_table(table)


def _relationship_tables() -> None:
    op.create_table(
        "relationship_type",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("forward_names", JSON, nullable=False),
        sa.Column("backward_names", JSON, nullable=False),
        sa.Column("forward_kinds", JSON, nullable=False),
        sa.Column("backward_kinds", JSON, nullable=False),
        sa.Column("is_symmetric", sa.Boolean(), nullable=False),
        sa.Column("is_employment", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "NOT (is_symmetric AND is_employment)", name=op.f("ck_relationship_type_an_employer_has_one_side")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relationship_type")),
        sa.UniqueConstraint("code", name=op.f("uq_relationship_type_code")),
        sa.UniqueConstraint(
            "id", "is_symmetric", "is_employment", name=op.f("uq_relationship_type_id_is_symmetric_is_employment")
        ),
    )
    op.create_table(
        "relationship",
        sa.Column("type_id", KEY, nullable=False),
        sa.Column("is_symmetric", sa.Boolean(), nullable=False),
        sa.Column("is_employment", sa.Boolean(), nullable=False),
        sa.Column("first_id", KEY, nullable=False),
        sa.Column("second_id", KEY, nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("first_id <> second_id", name=op.f("ck_relationship_not_with_oneself")),
        sa.CheckConstraint(
            "NOT is_symmetric OR first_id < second_id", name=op.f("ck_relationship_symmetric_ties_in_one_order")
        ),
        sa.CheckConstraint("until >= since", name=op.f("ck_relationship_ends_not_before_it_begins")),
        sa.CheckConstraint(
            "NOT is_primary OR is_employment", name=op.f("ck_relationship_only_an_employment_is_primary")
        ),
        sa.ForeignKeyConstraint(
            ["type_id", "is_symmetric", "is_employment"],
            ["relationship_type.id", "relationship_type.is_symmetric", "relationship_type.is_employment"],
            name=op.f("fk_relationship_type"),
        ),
        sa.ForeignKeyConstraint(["first_id"], ["contact.id"], name=op.f("fk_relationship_first_id_contact")),
        sa.ForeignKeyConstraint(["second_id"], ["contact.id"], name=op.f("fk_relationship_second_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relationship")),
    )
    _one_of_these("uq_relationship_open", "relationship", ["first_id", "second_id", "type_id"], "until IS NULL")
    _one_of_these("uq_relationship_primary", "relationship", ["first_id"], "is_primary")
    op.create_index("ix_relationship_first", "relationship", ["first_id", "second_id"])
    op.create_index("ix_relationship_second", "relationship", ["second_id", "first_id"])
    op.create_index("ix_relationship_type_id", "relationship", ["type_id"])


def _household_tables() -> None:
    op.create_table(
        "household",
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("formal_greeting", sa.String(), nullable=False),
        sa.Column("informal_greeting", sa.String(), nullable=False),
        sa.Column("is_name_manual", sa.Boolean(), nullable=False),
        sa.Column("is_formal_manual", sa.Boolean(), nullable=False),
        sa.Column("is_informal_manual", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_household_contact_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_household_contact_id")),
    )
    op.create_table(
        "household_member",
        sa.Column("household_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("is_in_name", sa.Boolean(), nullable=False),
        sa.Column("is_in_formal", sa.Boolean(), nullable=False),
        sa.Column("is_in_informal", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("household_id <> person_id", name=op.f("ck_household_member_not_of_itself")),
        sa.CheckConstraint("until >= since", name=op.f("ck_household_member_ends_not_before_it_begins")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["contact.id"], name=op.f("fk_household_member_household_id_contact")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["contact.id"], name=op.f("fk_household_member_person_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_member")),
    )
    _one_of_these("uq_household_member_person", "household_member", ["person_id"], "until IS NULL")
    op.create_index("ix_household_member_household_id", "household_member", ["household_id", "until"])
    op.create_index("ix_household_member_person_id", "household_member", ["person_id"])


def _one_of_these(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _usual_types() -> None:
    table = sa.Table("relationship_type", sa.MetaData(), autoload_with=op.get_bind())
    rows = [
        {
            "code": code, "forward_names": _by_language(forward), "backward_names": _by_language(backward or forward),
            "forward_kinds": ours, "backward_kinds": theirs, "is_symmetric": backward is None,
            "is_employment": code == "employment", "is_active": True, "version": 1,
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        for code, ours, theirs, forward, backward in TYPES
    ]  # fmt: skip
    op.bulk_insert(table, rows)


def _by_language(words: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("fr", "en", "ne"), words, strict=True))


def _change_roles(change: Callable[[list[str], list[str]], list[str]]) -> None:
    """Give the usual roles their new capabilities, or take them away again."""
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for name, granted in GRANTED.items():
        for row in bind.execute(sa.select(role.c.id, role.c.capabilities).where(role.c.name == name)).all():
            held = change(list(row.capabilities), granted)
            bind.execute(role.update().where(role.c.id == row.id).values(capabilities=held))
