"""Locking and opening: the age format (https://age-encryption.org/v1), streamed, for whoever holds a private key.

age says who can read a file, not who wrote it: restore what came from your own folder.
"""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from typing import BinaryIO

import pyrage
from pyrage import passphrase, x25519

from app.backups.errors import BackupError

PRIVATE = "AGE-SECRET-KEY-"
READ = 65_536


class _Pulled:
    """A file to read whose bytes are made when they are asked for. Keeps what went wrong, whole."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = b""
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        """At most so many bytes, none at the end."""
        try:
            while not self._left and (chunk := next(self._chunks, None)) is not None:
                self._left = chunk
        except BaseException as failure:
            self.failure = failure
            raise
        part, self._left = self._left[:size], self._left[size:]
        return part


class _Written:
    """A file to write that keeps what went wrong, whole."""

    def __init__(self, to: BinaryIO) -> None:
        self._to = to
        self.failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        """Write all of it."""
        try:
            return self._to.write(data)
        except BaseException as failure:
            self.failure = failure
            raise

    def flush(self) -> None:
        """Nothing is held back here; the file is flushed by its owner."""


def parse_recipients(named: Sequence[str]) -> list[x25519.Recipient]:
    """The public keys (age1…) for which backups are locked.

    Raises:
        BackupError: there is none, or one is not a key.

    """
    try:
        found = [x25519.Recipient.from_str(each) for each in named]
    except pyrage.RecipientError as wrong:
        raise BackupError(f"BACKUP_RECIPIENT is not a public key of age (age1…): {wrong}.") from None
    if not found:
        raise BackupError("BACKUP_RECIPIENT is not set: a backup is never written without a key to lock it with.")
    return found


def new_key(words: str) -> tuple[str, bytes]:
    """A new pair: the public key, and the private one locked with a passphrase, as `age -p` would write it."""
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    return public, passphrase.encrypt(f"# public key: {public}\n{identity}\n".encode(), words)


def parse_identities(content: bytes, words: str | None = None) -> list[x25519.Identity]:
    """The private keys of a key file of age, plain or locked with a passphrase (then `words` open it).

    Raises:
        BackupError: it is no key file, or the passphrase is missing or wrong.

    """
    if is_locked(content):
        if words is None:
            raise BackupError("The key file is locked with a passphrase, which was not given.")
        try:
            content = passphrase.decrypt(content, words)
        except pyrage.DecryptError:
            raise BackupError("The passphrase does not open the key file.") from None
    lines = content.decode("ascii", "replace").splitlines()
    try:
        found = [x25519.Identity.from_str(line.strip()) for line in lines if line.strip().startswith(PRIVATE)]
    except pyrage.IdentityError:
        raise BackupError("The key file holds a private key that is not whole.") from None
    if not found:
        raise BackupError("The key file holds no private key of age (AGE-SECRET-KEY-…).")
    return found


def is_locked(content: bytes) -> bool:
    """Whether a key file needs a passphrase."""
    return content.startswith(b"age-encryption.org/")


def lock(chunks: Iterable[bytes], to: BinaryIO, recipients: Sequence[x25519.Recipient]) -> None:
    """Write these bytes locked. What making or writing them raises comes out as it is."""
    source, sink = _Pulled(chunks), _Written(to)
    try:
        pyrage.encrypt_io(source, sink, recipients)
    except Exception:
        failure = source.failure or sink.failure
        if failure is not None:
            raise failure from None
        raise


class _Opening(threading.Thread):
    """Opens a file beside whoever reads the plain bytes, through a pipe: nothing plain touches the disk."""

    def __init__(self, locked: BinaryIO, to: int, identities: Sequence[x25519.Identity]) -> None:
        super().__init__(daemon=True)
        self._locked, self._to, self._identities = locked, to, identities
        self.failure: BackupError | None = None

    def run(self) -> None:
        """Write everything into the pipe, then close it; a reader that has gone away is no failure."""
        try:
            with os.fdopen(self._to, "wb") as pipe:
                pyrage.decrypt_io(self._locked, pipe, self._identities)
        except BrokenPipeError:
            pass
        except pyrage.DecryptError as wrong:
            is_key = "matching keys" in str(wrong)
            self.failure = BackupError(
                "This key does not open the backup: it was locked for another one."
                if is_key
                else "This is not a backup: the file does not begin like one."
            )
        except OSError as wrong:
            if wrong.errno is None:  # pyrage's word for a part that does not decrypt
                self.failure = BackupError("The backup is damaged: a part of it is missing or was changed.")
            else:
                self.failure = BackupError(f"The backup cannot be read: {wrong.strerror}.")


@contextmanager
def opened(locked: BinaryIO, identities: Sequence[x25519.Identity]) -> Iterator[BufferedReader]:
    """The plain bytes of a locked file, to be read from beginning to end.

    Raises:
        BackupError: at the end of the block (in place of what reading raised), when a key is wrong or the file damaged.

    """
    read, write = os.pipe()
    opening = _Opening(locked, write, identities)
    opening.start()
    try:
        with os.fdopen(read, "rb") as plain:
            yield plain
            while plain.read(READ):  # to the very end, where the format says that nothing was cut off
                pass
    except Exception:
        opening.join()
        if opening.failure is not None:
            raise opening.failure from None
        raise
    opening.join()
    if opening.failure is not None:
        raise opening.failure
