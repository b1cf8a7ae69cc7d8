"""What happens to contacts that others may want to know of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MainEmailChanged:
    """A contact is written to at another e-mail address than before."""

    contact_id: int
