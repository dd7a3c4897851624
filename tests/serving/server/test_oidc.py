"""An issuer's keys: how long they count, and who waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.rigs.credentials import Authority, issuer
from tests.rigs.credentials import Issuer as Provider

from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.server import oidc
from deepcat.serving.server.oidc import Issuer, Trust, trusting


@pytest.fixture
def provider() -> Iterator[Provider]:
    with issuer() as made:
        yield made


class Clock:
    now = 1e6

    time = staticmethod(time.time)

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(oidc, "time", made)
    return made


def code_of(known: Issuer, token: str) -> Code | None:
    try:
        known.verified(token)
    except ServingError as error:
        return error.code
    return None


def test_keys_count_an_hour_where_the_issuer_is_silent(provider: Provider, clock: Clock) -> None:
    known = Issuer(Trust(provider.url, "deepcat"))
    token = provider.token()
    assert code_of(known, token) is None
    provider.answers = False
    clock.now += 3599
    assert code_of(known, token) is None
    clock.now += 2
    assert code_of(known, token) is Code.UNAVAILABLE
    provider.answers = True
    clock.now += 11
    assert code_of(known, token) is None


def test_a_key_that_was_taken_back_counts_five_minutes(provider: Provider, clock: Clock) -> None:
    known = Issuer(Trust(provider.url, "deepcat"))
    token = provider.token()
    assert code_of(known, token) is None
    provider.rotate()
    clock.now += 299
    assert code_of(known, token) is None
    clock.now += 2
    assert code_of(known, token) is Code.UNAUTHENTICATED


def test_a_stranger_holds_up_nobody(
    provider: Provider, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Issuer(Trust(provider.url, "deepcat"))
    token = provider.token()
    assert code_of(known, token) is None
    asked, go_on = threading.Event(), threading.Event()
    answer = provider.answer

    def slow(path: str) -> Any:
        asked.set()
        go_on.wait(120)
        return answer(path)

    monkeypatch.setattr(provider, "answer", slow)
    monkeypatch.setattr(oidc, "_WAIT_S", 120.0)
    clock.now += 11
    codes: list[Code | None] = []
    stranger = provider.token(kid="stranger")
    first = threading.Thread(target=lambda: codes.append(code_of(known, stranger)))
    first.start()
    try:
        assert asked.wait(60)
        assert code_of(known, token) is None
        assert code_of(known, provider.token(kid="other")) is Code.UNAVAILABLE
        assert codes == []
    finally:
        go_on.set()
        first.join(120)
    assert codes == [Code.UNAUTHENTICATED]


def test_a_python_from_another_family_of_linux_trusts_whom_this_machine_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing, own, other = (
        str(tmp_path / "nothing"),
        *(str(Authority(tmp_path, name).path) for name in ("own", "other")),
    )

    def trusted() -> list[str]:
        found = trusting([nothing, own]).get_ca_certs()
        return [str(value) for each in found for ((_, value),) in each["subject"]]

    monkeypatch.setenv("SSL_CERT_DIR", nothing)
    monkeypatch.setenv("SSL_CERT_FILE", nothing)
    assert trusted() == ["own"]
    monkeypatch.setenv("SSL_CERT_FILE", other)
    assert trusted() == ["other"]
