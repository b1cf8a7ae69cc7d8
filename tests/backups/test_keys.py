"""Key pairs for backups. Without a database: to open a locked key takes seconds, whatever the database is."""

import pytest

from app.backups.errors import BackupError
from app.backups.sealing import new_key, parse_identities, parse_recipients


def test_a_locked_key_opens_with_its_passphrase_alone():
    public, private = new_key("four words of mine")

    assert parse_recipients([public])
    assert [str(each.to_public()) for each in parse_identities(private, "four words of mine")] == [public]
    for words, why in ((None, "was not given"), ("other words", "does not open")):
        with pytest.raises(BackupError, match=why):
            parse_identities(private, words)
    for content in (b"", b"hello", b"AGE-SECRET-KEY-1"):
        with pytest.raises(BackupError, match="private key"):
            parse_identities(content)
    with pytest.raises(BackupError, match="not a public key"):
        parse_recipients(["age1" + "q" * 58])
