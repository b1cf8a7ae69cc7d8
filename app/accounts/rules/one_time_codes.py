"""Codes that are good once: those of an authenticator app (RFC 6238), and recovery codes kept on paper."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyotp
from argon2.low_level import Type, hash_secret_raw

SECONDS = 30
DRIFT = 1
"""Steps by which a phone's clock may be wrong, either way (RFC 6238, 5.2)."""
DIGITS = 6
HOW_MANY = 10
SIGNS = "23456789abcdefghjkmnpqrstvwxyz"
"""Without what looks alike on paper: 0 and o, 1, i and l, u and v."""
LENGTH, GROUP = 12, 4
LONGEST = 40
"""Signs that are read of a code somebody typed, with its spaces and hyphens."""


def new_secret() -> str:
    """160 random bits in base 32, as authenticator apps take them (RFC 4226, 4)."""
    return pyotp.random_base32(32)


def provisioning_address(secret: str, email: str, issuer: str) -> str:
    """The address (otpauth://…) that an authenticator app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer.replace(":", " "))


def step_of(secret: str, typed: str, at: datetime) -> int | None:
    """The time step that a typed code belongs to: the present one or a neighbour. None when it is wrong."""
    code = "".join(sign for sign in typed[:LONGEST] if not sign.isspace())
    if len(code) != DIGITS or not (code.isascii() and code.isdecimal()):
        return None
    generator = pyotp.TOTP(secret)
    present = generator.timecode(at)
    found = [
        step
        for step in range(present - DRIFT, present + DRIFT + 1)
        if secrets.compare_digest(generator.generate_otp(step), code)
    ]
    return found[-1] if found else None


@dataclass(frozen=True, repr=False)
class RecoveryCodes:
    """A fresh set: the codes to show once, and what is kept of them."""

    shown: Sequence[str]
    salt: bytes
    hashes: Sequence[bytes]


def new_recovery_codes() -> RecoveryCodes:
    """Ten codes of 58 bits. Takes half a second, so it is done before a transaction begins."""
    shown = [_grouped("".join(secrets.choice(SIGNS) for _ in range(LENGTH))) for _ in range(HOW_MANY)]
    salt = secrets.token_bytes(16)
    return RecoveryCodes(shown, salt, [hash_recovery_code(code, salt) for code in shown])


def hash_recovery_code(typed: str, salt: bytes) -> bytes:
    """What is kept of a code, whatever its capitals, spaces and hyphens: argon2id with the salt of its set.

    ASVS 5.0, 6.5.2: secrets of fewer than 112 bits are hashed as passwords are.
    """
    bare = "".join(sign for sign in typed[:LONGEST].casefold() if sign.isalnum())
    return hash_secret_raw(
        bare.encode(), salt, time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, type=Type.ID
    )


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
