"""The index that finds contacts by any three letters of their folded name, e-mail, phone or city.

SQLite: an FTS5 table of trigrams that triggers keep in step. PostgreSQL: a trigram index (pg_trgm is a trusted
extension, so no superuser is needed). Both hide behind `app.contacts.search`.
"""

from sqlalchemy import DDL, event

from app.contacts.models.contact import Contact

SQLITE = (
    "CREATE VIRTUAL TABLE contact_search USING fts5("
    "search_key, content='contact', content_rowid='id', tokenize='trigram', detail='none')",
    "CREATE TRIGGER contact_search_insert AFTER INSERT ON contact BEGIN "
    "INSERT INTO contact_search(rowid, search_key) VALUES (new.id, new.search_key); END",
    "CREATE TRIGGER contact_search_delete AFTER DELETE ON contact BEGIN "
    "INSERT INTO contact_search(contact_search, rowid, search_key) VALUES ('delete', old.id, old.search_key); END",
    "CREATE TRIGGER contact_search_update AFTER UPDATE OF search_key ON contact BEGIN "
    "INSERT INTO contact_search(contact_search, rowid, search_key) VALUES ('delete', old.id, old.search_key); "
    "INSERT INTO contact_search(rowid, search_key) VALUES (new.id, new.search_key); END",
)
POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_contact_search_key_trigrams ON contact USING gin (search_key gin_trgm_ops)",
)

for _dialect, _statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
    for _statement in _statements:
        event.listen(Contact.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
