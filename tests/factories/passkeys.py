"""An authenticator in software: makes key pairs and signs as a device would (WebAuthn level 3), or lies on demand."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, encode_cbor

PRESENT, VERIFIED, CAN_BE_BACKED_UP, BACKED_UP, HAS_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


def text(plain: bytes) -> str:
    """Base 64 as browsers send it."""
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


@dataclass
class Device:
    """One authenticator with one key, on one site. `origin` is what the browser says it is on."""

    origin: str = "http://localhost"
    host: str = "localhost"
    verifies: bool = True
    is_backed_up: bool = False
    counts: bool = True
    transports: tuple[str, ...] = ("internal",)
    is_cross_origin: bool = False
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    handle: bytes | None = None
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def copy(self) -> "Device":
        """The same key on another device, which goes on counting by itself."""
        return replace(self)

    def make(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.create` answers to these options, as the page sends it."""
        self.handle = base64url_to_bytes(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public_key = encode_cbor(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public_key
        made = encode_cbor({"fmt": "none", "attStmt": {}, "authData": self._data(HAS_KEY) + attested})
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", options["challenge"]),
            attestationObject=made,
            transports=list(self.transports),
        )

    def touch(self, options: dict[str, Any], *, handle: bytes | None = None) -> str:
        """What `navigator.credentials.get` answers. `handle` is whom the device says it belongs to."""
        self.count += 1 if self.counts else 0
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        whose = handle or self.handle
        return self._answer(
            clientDataJSON=client_data,
            authenticatorData=data,
            signature=signature,
            **({"userHandle": whose} if whose else {}),
        )

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        flags |= (CAN_BE_BACKED_UP | BACKED_UP) if self.is_backed_up else 0
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.is_cross_origin}
        return json.dumps(said).encode()

    def _answer(self, **parts: Any) -> str:
        response = {name: text(value) if isinstance(value, bytes) else value for name, value in parts.items()}
        own = text(self.credential_id)
        return json.dumps(
            {"id": own, "rawId": own, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )
