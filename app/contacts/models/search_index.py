"""What finding people stands on, kept in step by triggers whoever writes; all of it can be made anew from the contacts.

Two things: which contacts hold a word that begins so (SQLite: an FTS5 table of the words of `search_key`; PostgreSQL: a
trigram index on it; pg_trgm is a trusted extension, so no superuser is needed), and the words that names are made of,
each once, with their trigrams: whoever types a slip is led to the words that there are, and so a slip costs little
more than the right word. A word leaves when nobody bears it any more. Hidden behind `app.contacts.queries.search`.
"""

# ruff: noqa: S608 - statements of our own names alone

from sqlalchemy import DDL, event

from app.contacts.models.contact import Contact

SHORTEST = 3
"""Letters of the shortest word that is looked for by its trigrams."""


def _listed(row: str) -> str:
    """SQLite: the words of a row's sort key, to read rows from: it is ASCII, and its signs part words."""
    text = f"{row}.sort_key"
    for sign in ("\\", '"', "-", "''", ".", ",", "&", "/", "(", ")"):
        text = f"replace({text}, '{sign}', ' ')"
    listed = f"""'["' || replace({text}, ' ', '","') || '"]'"""
    return f"json_each(CASE WHEN json_valid({listed}) THEN {listed} ELSE '[]' END) AS said"


_LONG = f"length(said.value) >= {SHORTEST} AND said.value NOT GLOB '*[^a-z0-9]*'"
_LEARN = f"INSERT OR IGNORE INTO contact_search_word(word) SELECT said.value FROM {_listed('new')} WHERE {_LONG}; "
_FORGET = (
    f"DELETE FROM contact_search_word WHERE word IN (SELECT said.value FROM {_listed('old')}) AND NOT EXISTS "
    "(SELECT 1 FROM contact_search WHERE contact_search MATCH '\"' || word || '\"'); "
)
_ADD = "INSERT INTO contact_search(rowid, search_key) VALUES (new.id, new.search_key); "
_TAKE = "INSERT INTO contact_search(contact_search, rowid, search_key) VALUES ('delete', old.id, old.search_key); "
SQLITE = (
    "CREATE VIRTUAL TABLE contact_search USING fts5("
    "search_key, content='contact', content_rowid='id', tokenize='ascii', detail='none', prefix='3 4')",
    "CREATE TABLE contact_search_word (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE contact_search_alike USING fts5("
    "word, content='contact_search_word', content_rowid='id', tokenize='trigram', detail='none')",
    "CREATE TRIGGER contact_search_word_insert AFTER INSERT ON contact_search_word BEGIN "
    "INSERT INTO contact_search_alike(rowid, word) VALUES (new.id, new.word); END",
    "CREATE TRIGGER contact_search_word_delete AFTER DELETE ON contact_search_word BEGIN "
    "INSERT INTO contact_search_alike(contact_search_alike, rowid, word) VALUES ('delete', old.id, old.word); END",
    f"CREATE TRIGGER contact_search_insert AFTER INSERT ON contact BEGIN {_ADD}{_LEARN}END",
    f"CREATE TRIGGER contact_search_delete AFTER DELETE ON contact BEGIN {_TAKE}{_FORGET}END",
    "CREATE TRIGGER contact_search_update AFTER UPDATE OF search_key, sort_key ON contact BEGIN "
    f"{_TAKE}{_ADD}{_FORGET}{_LEARN}END",
)
_PARTED = "regexp_split_to_table({0}, '[^a-z0-9]+') AS said(word) WHERE length(said.word) >= 3"
POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_contact_search_key_trigrams ON contact USING gin (search_key gin_trgm_ops)",
    'CREATE TABLE contact_search_word (word text COLLATE "C" NOT NULL)',
    "CREATE INDEX ix_contact_search_word ON contact_search_word (word)",
    "CREATE INDEX ix_contact_search_word_trigrams ON contact_search_word USING gin (word gin_trgm_ops)",
    # No unique word, so that two who add the same one never wait for each other; reading it twice does no harm.
    "CREATE FUNCTION contact_search_learn() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE gone text; BEGIN "
    "IF TG_OP <> 'INSERT' THEN FOR gone IN "
    f"SELECT DISTINCT said.word FROM {_PARTED.format('old.sort_key')} LOOP "
    "PERFORM 1 FROM contact WHERE search_key LIKE '%' || gone || '%' LIMIT 1; "
    "IF NOT FOUND THEN DELETE FROM contact_search_word WHERE ctid IN "
    "(SELECT ctid FROM contact_search_word WHERE word = gone FOR UPDATE SKIP LOCKED); END IF; "
    "END LOOP; END IF; "
    "IF TG_OP <> 'DELETE' THEN INSERT INTO contact_search_word (word) "
    f"SELECT DISTINCT said.word FROM {_PARTED.format('new.sort_key')} "
    "AND NOT EXISTS (SELECT 1 FROM contact_search_word AS known WHERE known.word = said.word); END IF; "
    "RETURN NULL; END $$",
    "CREATE TRIGGER contact_search_words AFTER INSERT OR DELETE OR UPDATE OF sort_key ON contact "
    "FOR EACH ROW EXECUTE FUNCTION contact_search_learn()",
)
SQLITE_ANEW = (
    "INSERT INTO contact_search(contact_search) VALUES ('rebuild')",
    "INSERT OR IGNORE INTO contact_search_word(word) SELECT said.value "
    f"FROM contact, {_listed('contact')} WHERE {_LONG}",
)
POSTGRESQL_ANEW = (
    "TRUNCATE contact_search_word",
    "INSERT INTO contact_search_word (word) SELECT DISTINCT said.word FROM contact, "
    + _PARTED.format("contact.sort_key"),
)
"""What fills them again after contacts came in past the triggers."""
TABLE = "contact_search_word"
"""The one that is a plain table of the database and no model's."""

for _dialect, _statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
    for _statement in _statements:
        _ddl = DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(Contact.__table__, "after_create", _ddl)
