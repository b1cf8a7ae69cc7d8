"""Who does something: a person at the back office, a donor on a public page, the gateway, or the product itself."""

from dataclasses import dataclass
from enum import StrEnum

from app.kernel.i18n import Text


@dataclass(frozen=True)
class Capability:
    """One named thing a role may allow ("gifts.record"), with the words shown beside its tick-box."""

    name: str
    label: Text


class ActorKind(StrEnum):
    """What sort of actor it is."""

    STAFF = "staff"
    PUBLIC = "public"
    GATEWAY = "gateway"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who acts, with what they may do. `name` is kept in the audit so that it survives the account."""

    kind: ActorKind
    name: str
    id: int | None = None
    capabilities: frozenset[str] = frozenset()
    address: str | None = None
    request_id: str | None = None

    def may(self, capability: Capability | str) -> bool:
        """Whether this actor's roles allow it. The product itself may do what it was told to do."""
        name = capability.name if isinstance(capability, Capability) else capability
        return self.kind is ActorKind.SYSTEM or name in self.capabilities


SYSTEM = Actor(ActorKind.SYSTEM, "Sahayog")
GATEWAY = Actor(ActorKind.GATEWAY, "Payment gateway")
