"""Passkeys (WebAuthn level 3): what is asked of a browser, and whether its answer is true. Nothing is stored here."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import (
    base64url_to_bytes,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

PATIENCE = 120_000
"""Milliseconds a browser waits for a person to touch their key."""
LONGEST_ANSWER = 20_000
"""Characters of a browser's answer; real ones have fewer than 4,000."""
NOT_TRUE = _l("This passkey could not be checked. Please try again.")


@dataclass(frozen=True)
class PasskeySite:
    """For whom passkeys are good: a host and exactly one origin."""

    host: str
    origin: str

    @classmethod
    def at(cls, public_url: str) -> "PasskeySite | None":
        """The site of an address; None where browsers make no passkeys: addresses of figures, and plain HTTP.

        WebAuthn level 3, 5.1.3 (the relying party's id is a domain) and 13.4.9; `localhost` counts as safe.
        """
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        try:
            ip_address(host)
        except ValueError:
            is_safe = parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
            return cls(host, public_url) if host and is_safe else None
        return None


@dataclass(frozen=True)
class KnownPasskey:
    """What is known of a passkey somebody has, so that the browser finds it, or makes no second one."""

    credential_id: bytes
    transports: Sequence[str]

    def described(self) -> PublicKeyCredentialDescriptor:
        """As browsers are told of it. Ways that the library does not know are left out."""
        ways = [AuthenticatorTransport(each) for each in self.transports if each in set(AuthenticatorTransport)]
        return PublicKeyCredentialDescriptor(id=self.credential_id, transports=ways or None)


@dataclass(frozen=True)
class Owner:
    """Whose passkey is made: a name for people, and a handle that says nothing of them."""

    email: str
    name: str
    handle: bytes


def handle_of(user_id: int, created_at: datetime) -> bytes:
    """A staff user's handle in authenticators: always the same, and nothing personal (WebAuthn level 3, 14.6.1)."""
    return hashlib.sha256(f"sahayog staff {user_id} {created_at.isoformat()}".encode()).digest()


def making_options(site: PasskeySite, owner: Owner, known: Sequence[KnownPasskey], challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.create` is given, as JSON."""
    options = generate_registration_options(
        rp_id=site.host, rp_name="Sahayog", user_name=owner.email, user_display_name=owner.name,
        user_id=owner.handle, challenge=challenge, timeout=PATIENCE,
        exclude_credentials=[each.described() for each in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )  # fmt: skip
    return _as_json(options)


def asking_options(
    site: PasskeySite, known: Sequence[KnownPasskey], challenge: bytes, *, is_only_step: bool
) -> dict[str, Any]:
    """What `navigator.credentials.get` is given, as JSON. As the only step, the person is verified by their device."""
    wanted = UserVerificationRequirement.REQUIRED if is_only_step else UserVerificationRequirement.PREFERRED
    options = generate_authentication_options(
        rp_id=site.host, challenge=challenge, timeout=PATIENCE, user_verification=wanted,
        allow_credentials=[each.described() for each in known] or None,
    )  # fmt: skip
    return _as_json(options)


def _as_json(options: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(options_to_json(options))
    return told


def challenge_in(answer: str) -> bytes:
    """The challenge that a browser says it answers.

    Raises:
        Refused: the answer is no answer of a browser.

    """
    with _doubting():
        said = parse_client_data_json(base64url_to_bytes(_read(answer)["response"]["clientDataJSON"]))
        if said.cross_origin:
            raise ValueError("asked within a frame of another site")
        return said.challenge


def read_assertion(answer: str) -> AuthenticationCredential:
    """A browser's answer to `get`, not yet checked: it names the passkey.

    Raises:
        Refused: it is no such answer.

    """
    with _doubting():
        return parse_authentication_credential_json(_read(answer))


def check_making(site: PasskeySite, answer: str, challenge: bytes) -> tuple[VerifiedRegistration, list[str]]:
    """The new passkey of a browser's answer to `create`, and the ways it can be reached (usb, internal…).

    Raises:
        Refused: made for another site or challenge, or malformed.

    """
    with _doubting():
        read = parse_registration_credential_json(_read(answer))
        found = verify_registration_response(
            credential=read, expected_challenge=challenge, expected_rp_id=site.host, expected_origin=site.origin
        )
        return found, sorted(str(each.value) for each in read.response.transports or [])


@dataclass(frozen=True)
class KeptPasskey:
    """What was kept of the passkey an answer names."""

    public_key: bytes
    sign_count: int


def check_assertion(
    site: PasskeySite, answer: AuthenticationCredential, kept: KeptPasskey, challenge: bytes, *, is_only_step: bool
) -> VerifiedAuthentication:
    """What a true answer says: the new count of signatures, and whether the device verified the person.

    The count is compared when it is kept, so that a copied passkey can be told apart from a wrong signature.

    Raises:
        Refused: another site, another challenge, a wrong signature, or nobody verified where it is the only step.

    """
    with _doubting():
        return verify_authentication_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=site.host, expected_origin=site.origin,
            credential_public_key=kept.public_key, credential_current_sign_count=0,
            require_user_verification=is_only_step,
        )  # fmt: skip


def is_copy(kept_count: int, new_count: int) -> bool:
    """Whether a count of signatures did not grow: somebody else has a copy of the passkey (WebAuthn level 3, 6.1.1)."""
    return (kept_count > 0 or new_count > 0) and new_count <= kept_count


@contextmanager
def _doubting() -> Iterator[None]:
    """Whatever a parser makes of a stranger's bytes is the same "no": they may be nested, cut or of another kind."""
    try:
        yield
    except Exception as bad:
        raise Refused(NOT_TRUE) from bad


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("too long")
    read = json.loads(answer)
    if not isinstance(read, dict) or not isinstance(read.get("response"), dict):
        raise TypeError("not an answer")
    return read
