"""Many attackers at once."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from hostile.bodies import json_body
from hostile.messages import by_byte, by_field
from hostile.sockets import cut, drip, head, slow_one
from hostile.target import Report, Shot, Target


def attack(target: Target, count: int, seed: int = 0, attackers: int = 6) -> Report:
    """Send so many requests of all kinds."""
    report = Report()
    shares = [count // attackers + (i < count % attackers) for i in range(attackers)]
    with ThreadPoolExecutor(attackers) as pool:
        each = [
            pool.submit(_attacker, target, share, random.Random(f"{seed}/{i}"), report)
            for i, share in enumerate(shares)
        ]
        for done in each:
            done.result()
    return report


def idle(target: Target, count: int) -> list[socket.socket]:
    """So many connections that say nothing; fewer where the server has no more."""
    found = []
    for _ in range(count):
        opened = socket.create_connection(("127.0.0.1", target.rest_port), timeout=30)
        found.append(opened)
    return found


def _attacker(target: Target, count: int, chance: random.Random, report: Report) -> None:
    import grpc

    kinds: Sequence[tuple[str, Callable[..., None]]] = (
        *[("protobuf by field", by_field)] * 6,
        *[("protobuf by byte", by_byte)] * 2,
        *[("head", head)] * 4,
        *[("cut", cut)] * 3,
        *[("JSON", json_body)] * 5,
    )
    slow: list[socket.socket] = []
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(target.grpc_address, options) as channel:
        for number in range(count):
            kind, send = chance.choice(kinds)
            send(Shot(target, channel, chance, report, kind))
            if number % 25 == 0:
                slow.append(slow_one(target, chance))
            for opened in slow[-10:]:
                drip(opened)
    for opened in slow:
        opened.close()
