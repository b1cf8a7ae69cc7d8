"""An OpenID Connect provider on a real port that does as a test tells it: true by default, false in any one thing."""

import hashlib
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Self
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


@cache
def _first_key() -> RSAKey:
    """The key that every provider begins with."""
    return RSAKey.generate_key(2048, {"kid": "one"})


class LyingProvider:
    """`claims` and `header` replace what is told truly; None leaves a claim out. `asked` keeps what it was asked."""

    def __init__(self) -> None:
        self.key, self.signs_with = _first_key(), None
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.described: dict[str, Any] = {}
        self.told: dict[str, Any] = {}
        self.keys: Any = None
        self.answers: dict[str, tuple[int, str]] = {}
        self.asked: dict[str, str] = {}
        self.requests: list[str] = []
        self.subject, self.email = "subject-1", "maya@example.org"

    def __enter__(self) -> Self:
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @contextmanager
    def lying(self, **changes: Any) -> Iterator[None]:
        """Tell the truth but for these claims."""
        self.claims = changes
        yield
        self.claims = {}

    def agree(self, address: str) -> str:
        """The person signs in at the page they were sent to; where their browser is sent back to, with which answer."""
        self.asked = dict(Request.from_values(address).args)
        answer = {"code": "a code", "state": self.asked["state"], "iss": self.issuer}
        return f"{self.asked['redirect_uri'].removeprefix('http://localhost')}?{urlencode(answer)}"

    def _answer(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        self.requests.append(request.path)
        name = request.path.rsplit("/", 1)[-1]
        if name in self.answers:
            status, text = self.answers[name]
            return Response(text, status, content_type="application/json")(environ, start)
        told = {"openid-configuration": self._description, "keys": self._keys, "token": self._token, "me": self._me}
        body = json.dumps(told[name](request))
        return Response(body, content_type="application/json")(environ, start)

    def _description(self, _request: Request) -> dict[str, Any]:
        places = {
            "authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys",
            "userinfo_endpoint": "/me",
        }  # fmt: skip
        found = {"issuer": self.issuer, **{name: self.issuer + path for name, path in places.items()}}
        return {**found, **self.described}

    def _keys(self, _request: Request) -> Any:
        return self.keys if self.keys is not None else {"keys": [self.key.as_dict(private=False)]}

    def _me(self, _request: Request) -> dict[str, Any]:
        return {"sub": self.subject, "email": self.email, "email_verified": True, **self.told}

    def _token(self, request: Request) -> dict[str, Any]:
        """A token for the code, if the verifier belongs to the challenge (RFC 7636, 4.6)."""
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        assert urlsafe_b64encode(digest).decode().rstrip("=") == self.asked["code_challenge"]
        assert request.form["redirect_uri"] == self.asked["redirect_uri"]
        assert request.authorization.username == "sahayog"
        at = int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": "sahayog", "exp": at + 300, "iat": at,
            "auth_time": at, "nonce": self.asked["nonce"], "email": self.email, "email_verified": True, **self.claims,
        }  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": "one", **self.header}
        return {"access_token": "for me", "token_type": "Bearer", "id_token": self._signed(header, kept)}

    def _signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        if header["alg"] == "none":
            parts = (json.dumps(part).encode() for part in (header, claims))
            return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."
        return jwt.encode(header, claims, self.signs_with or self.key, algorithms=[header["alg"]])
