"""How long one request takes against many offers, cold and warm, and whether cost grows linearly.

python bench/match.py [OFFERS]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice

from deepcat.catalog.values import AcceleratorRequest
from deepcat.clouds.match import Market, match
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request, Unit, tiers

MODELS = (
    ("T4", 16), ("A10", 24), ("L4", 24), ("L40S", 48), ("V100-16GB", 16), ("V100-32GB", 32),
    ("A100-40GB", 40), ("A100-80GB", 80), ("H100-SXM", 80), ("MI300X", 192), ("", 0),
)  # fmt: skip


def offers_of(clouds: int, each: int, seed: int = 7) -> list[Offer]:
    """Clouds with shapes as they are found: a few makes of host, prices of their own."""
    dice = random.Random(seed)
    found = []
    for number in range(clouds):
        users = dice.choice([(), (), (), ("@staff",), (f"user{number % 50}",)])
        profiles = dice.choice([(), (), ("serve",), ("serve", "train")])
        sla, failed = dice.choice([0.0, 0.9, 0.99, 0.999]), dice.choice([0.0, 0.0, 0.02, 0.2])
        for shape in range(each):
            model, gib = dice.choice(MODELS)
            count = dice.choice([1, 2, 4, 8]) if model else 0
            found.append(
                Offer(
                    cloud=f"cloud-{number:05}",
                    shape=f"shape-{shape:03}",
                    kind="openstack",
                    takes=("job", "service"),
                    accelerator=model,
                    accelerators=count,
                    memory_MiB_each=gib * 1024,
                    cpus=dice.choice([4.0, 8.0, 16.0, 32.0, 64.0]),
                    memory_MiB=dice.choice([16, 64, 256, 512]) * 1024,
                    price=round(dice.uniform(0.05, 2.0) * max(count, 1), 4),
                    free=dice.choice([None, None, 0, 4, 50]),
                    wait_s=dice.choice([0.0, 0.0, 0.0, 1800.0]),
                    sla=sla,
                    users=users,
                    profiles=profiles,
                    failure_rate=failed,
                )
            )
    return found


def requests_of(number: int, seed: int = 11) -> list[Request]:
    """Requests that all differ."""
    dice = random.Random(seed)
    found = []
    for _ in range(number):
        models = dice.choice([(), (), ("A100",), ("H100", "A100"), ("T4", "L4", "A10")])
        count = dice.choice([0, 1, 1, 2, 4]) if not models else dice.choice([1, 2])
        memory = dice.choice([0, 16, 40]) * 1024 if count else 0
        found.append(
            Request(
                units=(Unit(dice.choice([1, 1, 3]), dice.choice([1, 4, 8]), 4096, count),),
                accelerator=AcceleratorRequest(models=models, memory_MiB=memory),
                tiers=tiers(models),
                profile=dice.choice(["serve", "train"]),
                identities=(f"user{dice.randrange(50)}", "@staff"),
                max_price=dice.choice([None, round(dice.uniform(0.5, 40.0), 3)]),
                prefer=dice.choice(["price", "wait", "sla"]),
            )
        )
    return found


def milliseconds(times: int, call: Callable[[int], object]) -> tuple[float, float]:
    """The median and the worst of so many calls."""
    taken = []
    for number in range(times):
        start = time.perf_counter()
        call(number)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), max(taken)


def rows(asked: list[Request], offers: list[Offer]) -> Iterator[tuple[str, float, float]]:
    """What was measured: name, median, worst."""
    market = Market(offers)

    def first(number: int, source: list[Offer] | Market = market) -> object:
        return list(islice(match(asked[number], source), 9))

    yield "set the market out, once for all", *milliseconds(5, lambda _: Market(offers))
    yield "a request like none before: first 9", *milliseconds(40, first)
    yield "the same again: first 9", *milliseconds(40, first)
    yield (
        "the same again: all in order",
        *milliseconds(40, lambda n: match(asked[n], market).scored),
    )
    every = milliseconds(10, lambda n: tuple(match(asked[n], market).rejected))
    yield "all reasons of all rejected", *every
    yield "from nothing: market and first 9", *milliseconds(10, lambda n: first(n, offers))


def main() -> None:
    """Print the figures side by side."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    asked = requests_of(40)
    print(f"{'offers':>8}  {'what':38} {'median':>10} {'worst':>10}")
    for size in (most // 4, most // 2, most):
        for name, median, worst in rows(asked, offers_of(size // 20, 20)):
            print(f"{size:>8}  {name:38} {median:>7.2f} ms {worst:>7.2f} ms")


if __name__ == "__main__":
    main()
