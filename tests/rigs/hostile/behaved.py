"""A client that behaves, in a process of its own: `python behaved.py PORT SECONDS`."""

from __future__ import annotations

import http.client
import json
import select
import statistics
import subprocess
import sys
import time
from dataclasses import astuple, dataclass

PATH = "/v1/models/half:predict"
QUESTION = json.dumps({"instances": [1.0, 2.0, 5.0]}).encode()
ANSWER = {"predictions": [2.5, 3.0, 4.5]}


@dataclass(frozen=True)
class Seen:
    """What the client saw.

    Attributes:
        median: seconds to an answer.
        most: the 99th percentile of these seconds.
        answers: how many it got.
        wrong: how many of them were not what they should be.
    """

    median: float
    most: float
    answers: int
    wrong: int


def well_behaved(port: int, seconds: float) -> subprocess.Popen[bytes]:
    """A client of its own process that asks what is right, fifty times a second."""
    words = [sys.executable, __file__, str(port), str(seconds)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.PIPE)


def seen(client: subprocess.Popen[bytes], stop: bool = False) -> Seen:
    """What a client saw, once its seconds are over, or now."""
    if not stop:
        client.wait()
    said, _ = client.communicate(b"\n" if stop else None)
    return Seen(*json.loads(said))


def _behave(port: int, seconds: float) -> Seen:
    """Ask until the time is over, or until the standard input says so."""
    took, wrong = [], 0
    end = time.monotonic() + seconds
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < end and not select.select([sys.stdin], [], [], 0.02)[0]:
        begun = time.perf_counter()
        connection.request("POST", PATH, QUESTION)
        answer = connection.getresponse()
        body = answer.read()
        took.append(time.perf_counter() - begun)
        wrong += answer.status != 200 or json.loads(body) != ANSWER
    return Seen(statistics.median(took), statistics.quantiles(took, n=100)[-1], len(took), wrong)


if __name__ == "__main__":
    print(json.dumps(astuple(_behave(int(sys.argv[1]), float(sys.argv[2])))))
