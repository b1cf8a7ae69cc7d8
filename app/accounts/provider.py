"""Signing in through an organisation's own provider: OpenID Connect Core 1.0, authorisation code flow with PKCE.

Speaks to the network and stores nothing: call it outside any transaction that holds changes. What is discovered of
the provider, and its keys, are kept for an hour; a key that is not known yet is looked for once a minute at most.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.kernel.clock import now
from app.kernel.errors import Outside, Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.text import make_token
from config import Config

COME_BACK = "/sign-in/provider/back"
SCOPE = "openid email profile"
TIMEOUT = (4, 10)
"""Seconds until a connection stands, and between two parts of an answer."""
KEPT_FOR = timedelta(hours=1)
KEYS_KEPT_FOR_AT_LEAST = timedelta(minutes=1)
LARGEST = 512 * 1024
LEEWAY = 60
"""Seconds by which the provider's clock and ours may differ."""
SIGNED_WITH = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that only the provider has; never "none", never a secret both sides know (RFC 8725, 3.1)."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
BASIC = "client_secret_basic"
NOT_TRUE = _l("The answer of your organisation’s sign-in could not be checked. Please try again.")


@dataclass(frozen=True, kw_only=True)
class Client:
    """How we are known to the provider. `return_to` is the address people come back to, registered there."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    return_to: str


@dataclass(frozen=True)
class Asked:
    """What one sign-in is recognised by when the person comes back: kept in their session, used once."""

    state: str
    nonce: str
    verifier: str
    at: datetime
    is_again: bool = False

    @classmethod
    def anew(cls, *, is_again: bool = False) -> "Asked":
        """Fresh secrets. `is_again`: the provider must ask the person anew, whatever session they have there."""
        return cls(make_token(32), make_token(32), make_token(52), now(), is_again)


@dataclass(frozen=True)
class Identity:
    """Who the provider says it is. `email` is empty unless the provider has verified it."""

    issuer: str
    subject: str
    email: str
    authenticated_at: datetime | None


class Provider:
    """The organisation's provider. One for an application; safe to use from several threads."""

    @classmethod
    def of(cls, settings: Config) -> "Provider":
        """The provider these settings name; one that is never asked where they name none."""
        return cls(
            Client(
                issuer=settings.OIDC_ISSUER, client_id=settings.OIDC_CLIENT_ID,
                client_secret=settings.OIDC_CLIENT_SECRET, return_to=settings.PUBLIC_URL + COME_BACK,
            )
        )  # fmt: skip

    def __init__(self, client: Client) -> None:
        self._client = client
        self._metadata: tuple[datetime, dict[str, Any]] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def address(self, asked: Asked) -> str:
        """Where the person is sent.

        Raises:
            Outside: the provider does not answer, or describes itself wrongly.

        """
        wanted: dict[str, Any] = {"prompt": "login", "max_age": "0"} if asked.is_again else {}
        address, _state = self._session().create_authorization_url(
            self._endpoint("authorization_endpoint"), state=asked.state, nonce=asked.nonce,
            code_verifier=asked.verifier, **wanted,
        )  # fmt: skip
        return str(address)

    def identity(self, asked: Asked, answer: Mapping[str, str]) -> Identity:
        """Who came back with this answer (the parameters of the address).

        Raises:
            Outside: the provider does not answer.
            Refused: it said no, or what it said is not true.

        """
        if "error" in answer:
            raise Refused(_l("Your organisation’s sign-in was not completed. Please try again."))
        issuer = self._described()["issuer"]
        if not hmac.compare_digest(answer.get("state", "").encode(), asked.state.encode()):
            raise Refused(NOT_TRUE)
        if answer.get("iss", issuer) != issuer:  # RFC 9207: the answer is another provider's
            raise Refused(NOT_TRUE)
        token = self._token(asked, answer.get("code", ""))
        claims = self._claims(asked, token)
        return self._who(asked, claims, token)

    def _session(self) -> OAuth2Session:
        methods = self._described().get("token_endpoint_auth_methods_supported", [BASIC])
        return OAuth2Session(
            self._client.client_id, self._client.client_secret, scope=SCOPE, redirect_uri=self._client.return_to,
            code_challenge_method="S256", default_timeout=TIMEOUT,
            token_endpoint_auth_method=BASIC if BASIC in methods else "client_secret_post",
        )  # fmt: skip

    def _token(self, asked: Asked, code: str) -> dict[str, Any]:
        with self._session() as session:
            try:
                found = session.fetch_token(
                    self._endpoint("token_endpoint"), grant_type="authorization_code", code=code,
                    code_verifier=asked.verifier, allow_redirects=False,
                )  # fmt: skip
            except AuthlibBaseError as refused:
                raise Refused(NOT_TRUE) from refused
            except (requests.RequestException, ValueError) as error:
                raise Outside("The identity provider did not exchange a code") from error
        return dict(found)

    def _claims(self, asked: Asked, token: Mapping[str, Any]) -> CodeIDToken:
        """The claims of a token that is signed by the provider, meant for us, fresh, and about this very sign-in."""
        issuer = self._described()["issuer"]
        options: Any = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": self._client.client_id},
        }
        params = {
            "nonce": asked.nonce, "client_id": self._client.client_id, "access_token": token.get("access_token"),
        }  # fmt: skip
        try:
            signed = self._verified(str(token.get("id_token", "")))
            claims = CodeIDToken(signed.claims, signed.header, options, params)
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as wrong:
            raise Refused(NOT_TRUE) from wrong
        return claims

    def _verified(self, token: str) -> jwt.Token:
        """The token, its signature checked; keys are looked for anew when the provider has begun to use another."""
        try:
            return jwt.decode(token, self._key_set(), algorithms=list(SIGNED_WITH))
        except (JoseError, ValueError):
            if self._keys is not None and now() - self._keys[0] < KEYS_KEPT_FOR_AT_LEAST:
                raise
            self._keys = None
            return jwt.decode(token, self._key_set(), algorithms=list(SIGNED_WITH))

    def _who(self, asked: Asked, claims: CodeIDToken, token: Mapping[str, Any]) -> Identity:
        known: dict[str, Any] = dict(claims)
        subject = known["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise Refused(NOT_TRUE)
        if "email" not in known and self._described().get("userinfo_endpoint") and token.get("access_token"):
            told = self._ask(self._endpoint("userinfo_endpoint"), {"Authorization": f"Bearer {token['access_token']}"})
            if told.get("sub") != subject:  # OpenID Connect Core 5.3.2: else it may be somebody else's
                raise Refused(NOT_TRUE)
            known = {**told, **known}
        at = known.get("auth_time")
        authenticated_at = datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) and 0 < at < 2**36 else None
        if asked.is_again and (authenticated_at is None or authenticated_at < asked.at - timedelta(seconds=LEEWAY)):
            raise Refused(_l("Your organisation’s sign-in did not ask you again. Please confirm in another way."))
        is_verified = known.get("email_verified") in (True, "true")
        email = known.get("email") if is_verified else ""
        return Identity(str(known["iss"]), subject, email if isinstance(email, str) else "", authenticated_at)

    def _endpoint(self, name: str) -> str:
        """An address of the provider; over plain HTTP only on this machine."""
        address = self._described().get(name)
        parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise Outside(f"The identity provider has no safe {name}")
        return str(address)

    def _described(self) -> dict[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0). It must call itself what we call it."""
        if self._metadata is None or now() - self._metadata[0] > KEPT_FOR:
            base = self._client.issuer.rstrip("/")
            found = self._ask(f"{base}/.well-known/openid-configuration", {})
            if not isinstance(found.get("issuer"), str) or found["issuer"].rstrip("/") != base:
                raise Outside("The identity provider calls itself by another name than OIDC_ISSUER")
            self._metadata = (now(), found)
        return self._metadata[1]

    def _key_set(self) -> KeySet:
        """The provider's keys for signatures. Kinds that are none are passed over."""
        if self._keys is None or now() - self._keys[0] > KEPT_FOR:
            found = self._ask(self._endpoint("jwks_uri"), {}).get("keys")
            usable = [
                key for key in (found if isinstance(found, list) else [])
                if isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"
            ]  # fmt: skip
            try:
                self._keys = (now(), KeySet.import_key_set({"keys": usable}))
            except (JoseError, ValueError, TypeError, KeyError) as wrong:
                raise Outside("The identity provider's keys cannot be read") from wrong
        return self._keys[1]

    def _ask(self, address: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """A JSON object of the provider's, no larger than such objects are."""
        try:
            with requests.get(
                address, headers=dict(headers), timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as answer:
                answer.raise_for_status()
                text = answer.raw.read(LARGEST + 1, decode_content=True)
                answer._content = text[:LARGEST]  # noqa: SLF001
                found = answer.json()
        except (requests.RequestException, ValueError, OSError) as error:
            raise Outside("The identity provider did not answer") from error
        if not isinstance(found, dict):
            raise Outside("The identity provider answered with something else")
        return found
