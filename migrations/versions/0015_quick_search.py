"""What finding people among a million stands on: an index of words, and each word of a name once with its trigrams.

On SQLite the index of contacts' trigrams becomes one of their words: it costs half as much to write. Programs of before
find people by the beginning of their names, and by whole words, until they are replaced.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

from migrations.locking import hold

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE VIRTUAL TABLE contact_search USING fts5(search_key, content='contact', content_rowid='id', tokenize='ascii', detail='none', prefix='3 4')""",
    """CREATE TABLE contact_search_word (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE)""",
    """CREATE VIRTUAL TABLE contact_search_alike USING fts5(word, content='contact_search_word', content_rowid='id', tokenize='trigram', detail='none')""",
    """CREATE TRIGGER contact_search_word_insert AFTER INSERT ON contact_search_word BEGIN INSERT INTO contact_search_alike(rowid, word) VALUES (new.id, new.word); END""",
    """CREATE TRIGGER contact_search_word_delete AFTER DELETE ON contact_search_word BEGIN INSERT INTO contact_search_alike(contact_search_alike, rowid, word) VALUES ('delete', old.id, old.word); END""",
    """CREATE TRIGGER contact_search_insert AFTER INSERT ON contact BEGIN INSERT INTO contact_search(rowid, search_key) VALUES (new.id, new.search_key); INSERT OR IGNORE INTO contact_search_word(word) SELECT said.value FROM json_each(CASE WHEN json_valid('["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(new.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]') THEN '["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(new.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]' ELSE '[]' END) AS said WHERE length(said.value) >= 3 AND said.value NOT GLOB '*[^a-z0-9]*'; END""",
    """CREATE TRIGGER contact_search_delete AFTER DELETE ON contact BEGIN INSERT INTO contact_search(contact_search, rowid, search_key) VALUES ('delete', old.id, old.search_key); DELETE FROM contact_search_word WHERE word IN (SELECT said.value FROM json_each(CASE WHEN json_valid('["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(old.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]') THEN '["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(old.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]' ELSE '[]' END) AS said) AND NOT EXISTS (SELECT 1 FROM contact_search WHERE contact_search MATCH '"' || word || '"'); END""",
    """CREATE TRIGGER contact_search_update AFTER UPDATE OF search_key, sort_key ON contact BEGIN INSERT INTO contact_search(contact_search, rowid, search_key) VALUES ('delete', old.id, old.search_key); INSERT INTO contact_search(rowid, search_key) VALUES (new.id, new.search_key); DELETE FROM contact_search_word WHERE word IN (SELECT said.value FROM json_each(CASE WHEN json_valid('["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(old.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]') THEN '["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(old.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]' ELSE '[]' END) AS said) AND NOT EXISTS (SELECT 1 FROM contact_search WHERE contact_search MATCH '"' || word || '"'); INSERT OR IGNORE INTO contact_search_word(word) SELECT said.value FROM json_each(CASE WHEN json_valid('["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(new.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]') THEN '["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(new.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]' ELSE '[]' END) AS said WHERE length(said.value) >= 3 AND said.value NOT GLOB '*[^a-z0-9]*'; END""",
    """INSERT INTO contact_search(contact_search) VALUES ('rebuild')""",
    """INSERT OR IGNORE INTO contact_search_word(word) SELECT said.value FROM contact, json_each(CASE WHEN json_valid('["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(contact.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]') THEN '["' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(contact.sort_key, '\\', ' '), '"', ' '), '-', ' '), '''', ' '), '.', ' '), ',', ' '), '&', ' '), '/', ' '), '(', ' '), ')', ' '), ' ', '","') || '"]' ELSE '[]' END) AS said WHERE length(said.value) >= 3 AND said.value NOT GLOB '*[^a-z0-9]*'""",
)
POSTGRESQL = (
    """CREATE TABLE contact_search_word (word text COLLATE "C" NOT NULL)""",
    """CREATE INDEX ix_contact_search_word ON contact_search_word (word)""",
    """CREATE INDEX ix_contact_search_word_trigrams ON contact_search_word USING gin (word gin_trgm_ops)""",
    """CREATE FUNCTION contact_search_learn() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE gone text; BEGIN IF TG_OP <> 'INSERT' THEN FOR gone IN SELECT DISTINCT said.word FROM regexp_split_to_table(old.sort_key, '[^a-z0-9]+') AS said(word) WHERE length(said.word) >= 3 LOOP PERFORM 1 FROM contact WHERE search_key LIKE '%' || gone || '%' LIMIT 1; IF NOT FOUND THEN DELETE FROM contact_search_word WHERE ctid IN (SELECT ctid FROM contact_search_word WHERE word = gone FOR UPDATE SKIP LOCKED); END IF; END LOOP; END IF; IF TG_OP <> 'DELETE' THEN INSERT INTO contact_search_word (word) SELECT DISTINCT said.word FROM regexp_split_to_table(new.sort_key, '[^a-z0-9]+') AS said(word) WHERE length(said.word) >= 3 AND NOT EXISTS (SELECT 1 FROM contact_search_word AS known WHERE known.word = said.word); END IF; RETURN NULL; END $$""",
    """CREATE TRIGGER contact_search_words AFTER INSERT OR DELETE OR UPDATE OF sort_key ON contact FOR EACH ROW EXECUTE FUNCTION contact_search_learn()""",
    """INSERT INTO contact_search_word (word) SELECT DISTINCT said.word FROM contact, regexp_split_to_table(contact.sort_key, '[^a-z0-9]+') AS said(word) WHERE length(said.word) >= 3""",
)
SQLITE_BEFORE = (
    "CREATE VIRTUAL TABLE contact_search USING fts5(search_key, content='contact', content_rowid='id', tokenize='trigram', detail='none')",
    "CREATE TRIGGER contact_search_insert AFTER INSERT ON contact BEGIN INSERT INTO contact_search(rowid, search_key) VALUES (new.id, new.search_key); END",
    "CREATE TRIGGER contact_search_delete AFTER DELETE ON contact BEGIN INSERT INTO contact_search(contact_search, rowid, search_key) VALUES ('delete', old.id, old.search_key); END",
    "CREATE TRIGGER contact_search_update AFTER UPDATE OF search_key ON contact BEGIN INSERT INTO contact_search(contact_search, rowid, search_key) VALUES ('delete', old.id, old.search_key); INSERT INTO contact_search(rowid, search_key) VALUES (new.id, new.search_key); END",
    "INSERT INTO contact_search(contact_search) VALUES ('rebuild')",
)
SQLITE_AWAY = (
    "DROP TRIGGER contact_search_insert",
    "DROP TRIGGER contact_search_update",
    "DROP TRIGGER contact_search_delete",
    "DROP TABLE contact_search",
)


def upgrade() -> None:
    """The words, and what keeps them in step."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        hold("contact")
    _run((*SQLITE_AWAY, *SQLITE) if is_sqlite else POSTGRESQL)


def downgrade() -> None:
    """The trigrams of before."""
    if op.get_bind().dialect.name == "sqlite":
        _run((*SQLITE_AWAY, "DROP TABLE contact_search_alike", "DROP TABLE contact_search_word", *SQLITE_BEFORE))
        return
    hold("contact")
    _run((
        "DROP TRIGGER contact_search_words ON contact", "DROP FUNCTION contact_search_learn()",
        "DROP TABLE contact_search_word",
    ))  # fmt: skip


def _run(statements: tuple[str, ...]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(
            statement.replace("%", "%%") if op.get_bind().dialect.name != "sqlite" else statement
        )
