"""Columns that are unreadable without the installation's keys: whoever takes the database alone has nothing.

AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce a value. A stored value names its key (`v1:key:base64`), so
that keys change without a pause: the first key of the ring writes, all of them read, `flask keys rotate` writes anew.
The column's own name is bound to the value as associated data: a value moved to another column is refused there.
What a value says is hidden, how long it is can be seen.
"""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import JSON, ColumnElement, Dialect, Engine, String, cast, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

FORM = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12


class SealedError(Exception):
    """A stored value cannot be opened; the message names the column and the key that is missing, never a value."""


@dataclass(frozen=True)
class Keyring:
    """Named keys of 32 bytes each, in order: the first one writes, all of them read."""

    keys: Sequence[tuple[str, bytes]] = field(repr=False)

    @classmethod
    def of(cls, keys: Sequence[tuple[str, bytes]], secret_key: str) -> "Keyring":
        """The installation's ring: the keys it was given, and last the one derived from its SECRET_KEY.

        The derived one stays, so that values written before keys were given can still be read. Its name tells which
        SECRET_KEY it came from (RFC 5869 for both; one says nothing of the other).
        """
        derived = _derive(secret_key.encode(), b"sahayog encrypted columns")
        name = "secret-" + hashlib.sha256(b"name of the key" + derived).hexdigest()[:8]
        return cls((*keys, (name, derived)))

    @property
    def newest(self) -> str:
        """The name of the key that writes."""
        return self.keys[0][0]

    def close(self, plain: bytes, context: str) -> str:
        """The value as it is stored."""
        name, key = self.keys[0]
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(key).encrypt(nonce, plain, context.encode())
        return f"{FORM}:{name}:{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, stored: str, context: str) -> bytes:
        """The value that was closed for this context.

        Raises:
            SealedError: none of the keys fits, or the value was altered or belongs elsewhere.

        """
        form, _, rest = stored.partition(":")
        name, _, text = rest.partition(":")
        if form != FORM or not text:
            raise SealedError(f"{context} holds a value that was never encrypted here")
        key = dict(self.keys).get(name)
        if key is None:
            raise SealedError(f"{context} was encrypted with the key {name!r}, which ENCRYPTION_KEYS does not have")
        try:
            sealed = base64.b64decode(text, altchars=b"-_", validate=True)
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError, binascii.Error) as wrong:
            raise SealedError(f"{context} holds a value that the key {name!r} does not open: altered?") from wrong


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


_rings: "WeakKeyDictionary[Dialect, Keyring]" = WeakKeyDictionary()
"""The ring of each database that is open: column types are told the dialect, which is one a database."""


def unlock(engine: Engine, keyring: Keyring) -> None:
    """From here on, encrypted columns of this database are read and written with this ring."""
    _rings[engine.dialect] = keyring


def keyring_of(dialect: Dialect) -> Keyring:
    """The ring of a database.

    Raises:
        SealedError: it was never unlocked.

    """
    if dialect not in _rings:
        raise SealedError("This database was opened without its keys")
    return _rings[dialect]


class Encrypted(TypeDecorator[str]):
    """Text that is stored encrypted. `context` is "table.column" and never changes; such a column is never compared."""

    impl = String
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Close it; nothing stays nothing."""
        return None if value is None else keyring_of(dialect).close(value.encode(), self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open it."""
        return None if value is None else keyring_of(dialect).open(value, self.context).decode()


class EncryptedJson(TypeDecorator[dict[str, Any]]):
    """A JSON object that is stored encrypted, as a JSON string. What was stored plain before is read as it stands.

    An empty object stays an empty object: there is nothing in it to hide.
    """

    impl = JSON().with_variant(JSONB(), "postgresql")
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> Any:
        """Close it."""
        if not value:
            return value
        return keyring_of(dialect).close(_as_json(value), self.context)

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:
        """Open it."""
        if not isinstance(value, str):
            plain: dict[str, Any] | None = value
            return plain
        opened: dict[str, Any] = json.loads(keyring_of(dialect).open(value, self.context))
        return opened


def _as_json(value: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # whole numbers beyond 64 bits, which JSON has
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def stored_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """An encrypted column as the database keeps it: the text `v1:key:…`, in quotation marks where it is JSON."""
    return cast(type_coerce(column, _kept_as(column)), String)


def _kept_as(column: ColumnElement[Any]) -> Any:
    return JSON().with_variant(JSONB(), "postgresql") if isinstance(column.type, EncryptedJson) else String()
