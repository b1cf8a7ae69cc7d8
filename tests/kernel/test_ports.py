"""What is plugged in is found; what is not is a fault of the set-up."""

from typing import Protocol

import pytest

from app.kernel.ports import Ports


class Bell(Protocol):
    def ring(self) -> str: ...


class Brass:
    def ring(self) -> str:
        return "ding"


def test_the_adapter_behind_a_port_is_found_and_can_be_replaced():
    ports, first, second = Ports(), Brass(), Brass()
    ports.provide(Bell, first)
    assert ports.get(Bell) is first
    ports.provide(Bell, second)
    assert ports.get(Bell) is second


def test_a_port_without_an_adapter_is_named():
    with pytest.raises(LookupError, match="Bell"):
        Ports().get(Bell)
