"""What is plugged in from outside by the factory (mailer, gateway, renderer), looked up by the port's type."""

from typing import Any, TypeVar

Port = TypeVar("Port")


class Ports:
    """The ports of one application. Asking for one that was not plugged in is a fault of the set-up."""

    def __init__(self) -> None:
        self._found: dict[type[Any], Any] = {}

    def provide(self, port: type[Port], adapter: Port) -> None:
        """Plug in (or replace) the adapter behind a port."""
        self._found[port] = adapter

    def get(self, port: type[Port]) -> Port:
        """The adapter behind a port.

        Raises:
            LookupError: nothing was plugged in.

        """
        if port not in self._found:
            raise LookupError(f"Nothing is plugged in for {port.__name__}")
        adapter: Port = self._found[port]
        return adapter
