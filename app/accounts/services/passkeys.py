"""Passkeys: challenges that are good once, new passkeys, and the use of them."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from webauthn.helpers.structs import AuthenticationCredential

from app.accounts.letters.security import SecurityNews
from app.accounts.models import CeremonyPurpose, Passkey, PasskeyChallenge, StaffUser
from app.accounts.queries.factors import owner_of_passkey, passkeys_of
from app.accounts.rules.passkeys import (
    NOT_TRUE,
    KeptPasskey,
    KnownPasskey,
    Owner,
    PasskeySite,
    asking_options,
    challenge_in,
    check_assertion,
    check_making,
    handle_of,
    is_copy,
    making_options,
    read_assertion,
)
from app.accounts.services.second_factors import note_factor
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

GOOD_FOR = timedelta(minutes=5)
MOST = 20


class CopiedPasskey(Refused):
    """A passkey whose count of signatures went back: there is a copy of it somewhere."""

    def __init__(self, owner_id: int) -> None:
        super().__init__(_l("A copy of this passkey seems to be in use, so it was refused. Tell an administrator."))
        self.owner_id = owner_id


@dataclass(frozen=True)
class Ceremony:
    """What a browser was asked for: where, for which purpose, and of whom (nobody yet, when signing in)."""

    site: PasskeySite
    purpose: CeremonyPurpose
    user: StaffUser | None = None

    @property
    def is_only_step(self) -> bool:
        """Whether nothing else proves who it is, so that the device must have verified the person."""
        return self.purpose is CeremonyPurpose.SIGN_IN


def begin_ceremony(db: Session, ceremony: Ceremony) -> tuple[dict[str, Any], bytes]:
    """The options for the browser, and the challenge in them, which is good once and for five minutes.

    Raises:
        Refused: the user has as many passkeys as anybody needs.

    """
    user, at = ceremony.user, now()
    db.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < at))
    challenge = secrets.token_bytes(32)
    db.add(
        PasskeyChallenge(
            value=challenge, purpose=ceremony.purpose, expires_at=at + GOOD_FOR, staff_user_id=user.id if user else None
        )
    )
    known = [KnownPasskey(each.credential_id, each.transports) for each in passkeys_of(db, user)] if user else []
    if ceremony.purpose is not CeremonyPurpose.MAKE or user is None:
        return asking_options(ceremony.site, known, challenge, is_only_step=ceremony.is_only_step), challenge
    if len(known) >= MOST:
        raise Refused(_l("%(number)s passkeys are enough. Remove one that you no longer use.", number=MOST))
    owner = Owner(user.email, user.name, handle_of(user.id, user.created_at))
    return making_options(ceremony.site, owner, known, challenge), challenge


def add_passkey(db: Session, ceremony: Ceremony, answer: str, name: str, *, actor: Actor) -> Passkey:
    """Keep the passkey that a browser has made for this user.

    Raises:
        Refused: the answer is not true, its challenge was used or is too old, or the passkey is known already.

    """
    user = ceremony.user
    if user is None:
        raise TypeError("A passkey is made for somebody")
    challenge = _take_challenge(db, ceremony, answer)
    made, transports = check_making(ceremony.site, answer, challenge)
    if owner_of_passkey(db, made.credential_id) is not None:
        raise Refused(_l("This passkey is here already."))
    passkey = Passkey(
        staff_user_id=user.id, name=name, credential_id=made.credential_id,
        public_key=made.credential_public_key, sign_count=made.sign_count, is_backed_up=made.credential_backed_up,
        transports=transports,
    )  # fmt: skip
    db.add(passkey)
    note_factor(db, user, SecurityNews.PASSKEY_ADDED, actor=actor)
    return passkey


def use_passkey(db: Session, ceremony: Ceremony, answer: str) -> StaffUser:
    """Whose passkey has signed the challenge of this ceremony.

    Raises:
        CopiedPasskey: its count of signatures did not grow.
        Refused: the answer is not true, the challenge was used or is too old, or the passkey is somebody else's.

    """
    challenge = _take_challenge(db, ceremony, answer)
    read = read_assertion(answer)
    found = owner_of_passkey(db, read.raw_id)
    if found is None or not _is_of(read, found[1], ceremony):
        raise Refused(_l("This passkey is not known here. Was it removed?"))
    passkey, user = found
    kept = KeptPasskey(passkey.public_key, passkey.sign_count)
    told = check_assertion(ceremony.site, read, kept, challenge, is_only_step=ceremony.is_only_step)
    if is_copy(passkey.sign_count, told.new_sign_count):
        raise CopiedPasskey(user.id)
    values = {
        "sign_count": told.new_sign_count, "is_backed_up": told.credential_backed_up, "last_used_at": now(),
    }  # fmt: skip
    unchanged = (Passkey.id == passkey.id, Passkey.sign_count == passkey.sign_count)
    kept_now = db.execute(update(Passkey).where(*unchanged).values(values).execution_options(synchronize_session=False))
    if kept_now.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused(NOT_TRUE)
    return user


def passkey_of(db: Session, user: StaffUser, key: int) -> Passkey | None:
    """One of the user's own passkeys."""
    mine = (Passkey.id == key, Passkey.staff_user_id == user.id)
    return db.scalars(select(Passkey).where(*mine)).one_or_none()


def _is_of(read: AuthenticationCredential, owner: StaffUser, ceremony: Ceremony) -> bool:
    """Whether the passkey's owner is whom we asked, and whom the device itself names, where it names anybody."""
    handle = read.response.user_handle
    is_asked = ceremony.user is None or ceremony.user.id == owner.id
    return is_asked and owner.is_active and handle in (None, b"", handle_of(owner.id, owner.created_at))


def _take_challenge(db: Session, ceremony: Ceremony, answer: str) -> bytes:
    """Use up the challenge that an answer names, if it was given for this ceremony and is still good."""
    value = challenge_in(answer)
    whose = ceremony.user.id if ceremony.user else None
    taken = db.execute(
        delete(PasskeyChallenge).where(
            PasskeyChallenge.value == value,
            PasskeyChallenge.purpose == ceremony.purpose,
            PasskeyChallenge.staff_user_id == whose if whose is not None else PasskeyChallenge.staff_user_id.is_(None),
            PasskeyChallenge.expires_at >= now(),
        )
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused(_l("That took too long. Please try again."))
    return value
