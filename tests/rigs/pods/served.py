"""A catalog whose one cloud is a namespace of a real cluster, and a model that is served there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cluster.control_plane import Cluster
from ssh_catalog import Catalog

from deepcat.runs.reader import Reader, prove
from pods.given import Run

ROOT = Path(__file__).resolve().parents[3]
HALF = (ROOT / "modules" / "half-plus-two" / "model.tar.gz").read_bytes()


class OnCluster(Catalog):
    """The catalog whose one cloud is a namespace."""

    def __init__(self, root: Path, own: Mapping[str, Any]) -> None:
        self.root, self._own = root, dict(own)

    def section(self, key: Path) -> dict[str, Any]:
        return {"kind": "kubernetes", "kubernetes": self._own}


@contextmanager
def namespace(cluster: Cluster, name: str) -> Iterator[str]:
    """One of the restricted standard."""
    client = cluster.client()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    client.make("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    try:
        yield name
    finally:
        client.ask("DELETE", f"/api/v1/namespaces/{name}")


def proved(made: Run, answer: float = 2.5, **several: Any) -> Mapping[str, Any]:
    """What a run's reader says of the pods that are to take over.

    Args:
        made: of one model, not begun yet.
        answer: that is expected of it.
        several: more of the server's node.
    """
    told = [*made.made(**several), made.step("prove")]
    assert [each for each in told if each.get("failed")] == []
    sample = {"name": "one", "method": "predict", "request": {"instances": [1.0]},
              "response": {"predictions": [answer]}, "tolerance": 0.001}  # fmt: skip
    file = made.means.root / "samples.json"
    file.write_text(json.dumps([sample]))
    reader = Reader("demo", made.cloud, "cpu", made.means, file)
    return prove(reader, told[-1]["ansible_facts"]["deepcat_listening"])


@contextmanager
def asked(ask: Callable[[], Any], at_once: int = 1, pause_s: float = 0.05) -> Iterator[Counts]:
    """Ask again and again, each time anew; counts what was answered and lost.

    Args:
        ask: gives a prediction for one.
        at_once: so many ask.
        pause_s: after each answer.
    """
    found, is_over = Counts(), threading.Event()

    def asks() -> None:
        while not is_over.wait(pause_s):
            try:
                told = ask()
            except Exception as error:  # a test counts whatever goes wrong
                told = f"{type(error).__name__}: {error}"
            found.count(told)

    asking = [threading.Thread(target=asks) for _ in range(at_once)]
    for each in asking:
        each.start()
    try:
        yield found
    finally:
        is_over.set()
        for each in asking:
            each.join()


class Counts:
    """What was answered, and what was said in the place of an answer."""

    def __init__(self) -> None:
        self.answered, self.lost = 0, list[str]()
        self._lock, self._began = threading.Lock(), time.monotonic()

    def count(self, told: Any) -> None:
        """One more."""
        with self._lock:
            if told == {"predictions": [2.5]}:
                self.answered += 1
            else:
                self.lost.append(f"after {time.monotonic() - self._began:.1f} s: {str(told)[:300]}")

    def more(self, count: int, patience_s: float = 120) -> None:
        """Wait until so many more were answered."""
        wanted, until = self.answered + count, time.monotonic() + patience_s
        while self.answered < wanted:
            assert time.monotonic() < until, (self.answered, self.lost)
            time.sleep(0.1)
