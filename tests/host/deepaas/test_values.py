"""What a plug-in's node has, as values."""

from __future__ import annotations

import pytest

from deepcat.host.deepaas.values import door_of, held


@pytest.mark.parametrize("ports", [(), (5000,), (80, 5000, 65535)])
def test_a_door_is_known_by_its_port(ports: tuple[int, ...]) -> None:
    assert held([door_of(port) for port in reversed(ports)]) == ports
