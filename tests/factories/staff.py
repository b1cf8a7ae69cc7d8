"""Staff users with second factors, for tests of signing in."""

import os
from typing import Any

import pyotp
from sqlalchemy import select

from app.accounts.models import Authenticator, CeremonyPurpose, Role, StaffUser
from app.accounts.rules.one_time_codes import RecoveryCodes, hash_recovery_code
from app.accounts.rules.passkeys import PasskeySite
from app.accounts.rules.passwords import hash_anew
from app.accounts.services.authenticators import begin_authenticator
from app.accounts.services.passkeys import Ceremony, add_passkey, begin_ceremony
from app.accounts.services.recovery import keep_recovery_codes
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.db import Database
from tests.factories.passkeys import Device

SITE = PasskeySite("localhost", "http://localhost")
PASSWORD = "seven quiet mountains"
_HASH = hash_anew(PASSWORD)
CODES = ("2222-3333-4444", "5555-6666-7777")


def make_staff(database: Database, *capabilities: str, must: bool = False, **parts: Any) -> StaffUser:
    """A staff user with `PASSWORD` and one role; `must` says that the role asks for a second factor."""
    with database.writing() as db:
        act_as(db, SYSTEM)
        role = Role(name=f"Role {os.urandom(4).hex()}", capabilities=list(capabilities), needs_second_factor=must)
        values = {"email": f"{os.urandom(4).hex()}@example.org", "name": "Maya Rai", "password_hash": _HASH, **parts}
        user = StaffUser(roles=[role], **values)
        db.add(user)
    return user


def give_authenticator(database: Database, user: StaffUser) -> pyotp.TOTP:
    """An authenticator app that is set up and has shown no code of today's steps yet."""
    with database.writing() as db:
        act_as(db, SYSTEM)
        begun = begin_authenticator(db, db.get_one(StaffUser, user.id), actor=SYSTEM)
        begun.confirm(now(), 1)
        return pyotp.TOTP(begun.secret)


def give_passkey(database: Database, user: StaffUser) -> Device:
    """A device with a passkey of the user's."""
    device = Device()
    with database.writing() as db:
        act_as(db, SYSTEM)
        ceremony = Ceremony(SITE, CeremonyPurpose.MAKE, db.get_one(StaffUser, user.id))
        options, _challenge = begin_ceremony(db, ceremony)
        add_passkey(db, ceremony, device.make(options), "My telephone", actor=SYSTEM)
    return device


def give_recovery_codes(database: Database, user: StaffUser) -> None:
    """The recovery codes `CODES`."""
    salt = b"salt of the tests"
    fresh = RecoveryCodes(CODES, salt, [hash_recovery_code(code, salt) for code in CODES])
    with database.writing() as db:
        act_as(db, SYSTEM)
        keep_recovery_codes(db, db.get_one(StaffUser, user.id), fresh, actor=SYSTEM)


def secret_of(database: Database, user: StaffUser) -> str:
    """The secret of the app that is being set up."""
    with database.reading() as db:
        mine = (Authenticator.staff_user_id == user.id, Authenticator.confirmed_at.is_(None))
        return db.scalars(select(Authenticator.secret).where(*mine)).one()
