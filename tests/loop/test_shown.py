"""The key that is shown to a deployment: to whom asks for one, and by itself to nobody else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from deepcat.catalog.access import Access
from deepcat.errors import DeepcatError
from deepcat.loop import adopt
from deepcat.loop.shown import VARIABLE, asks, key_for, with_hint

KEYS = {"keys": {"ada": {"secret": "env:DEEPCAT_WORKLOAD_ADA"}}}
OIDC = {"oidc": {"issuer": "https://i.example", "audience": "a"}}


def state(access: Any) -> Any:
    return SimpleNamespace(access=access)


@pytest.mark.parametrize(
    ("access", "asked"),
    [
        ({}, ""),
        (KEYS, "key"),
        (OIDC, "token"),
        (KEYS | OIDC, "key or token"),
        ({"origins": ["*"]}, ""),
        # Records that somebody else wrote.
        ({"keys": ["ada"]}, ""),
        ({"keys": {"ada": "x"}}, ""),
        ({"limits": {"rate": "x"}}, ""),
        ({"oidc": "x"}, ""),
    ],
)
def test_the_variable_is_shown_to_whom_asks(
    access: Any, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "dck_of_ada")
    assert asks(state(access)) == asked
    assert key_for(state(access)) == ("dck_of_ada" if asked else "")
    monkeypatch.delenv(VARIABLE)
    assert key_for(state(access)) == ""


def test_a_reference_goes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "dck_of_ada")
    monkeypatch.setenv("MINE", "dck_of_mine")
    assert key_for(state(KEYS), "env:MINE") == "dck_of_mine"
    with pytest.raises(DeepcatError) as caught:
        key_for(state(KEYS), "dck_of_ada")
    assert caught.value.code == "secret/reference"
    assert "dck_of_ada" not in f"{caught.value.message} {caught.value.hint}"


def test_who_is_not_let_in_is_told_how_to_show_one() -> None:
    refused = with_hint(DeepcatError("no", hint="h", code="serving/access"))
    assert VARIABLE in refused.hint and "--key" in refused.hint
    assert with_hint(DeepcatError("no", hint="h", code="serving/refused")).hint == "h"


def test_a_server_that_nobody_here_can_guard_is_not_adopted() -> None:
    wish = SimpleNamespace(
        topology=SimpleNamespace(nodes={}),
        deployment=SimpleNamespace(profile="serve", access=Access(inherited=("keys",))),
        module=SimpleNamespace(samples=(1,), name="m"),
        is_job=False,
    )
    world: Any = SimpleNamespace(wishes={"demo": wish})
    plan: Any = SimpleNamespace(refusals={})
    with pytest.raises(DeepcatError, match="`demo` says who may call") as caught:
        adopt._wish(world, plan, "demo")
    assert caught.value.code == "adopt/more"
    assert "open: true" in caught.value.hint
    wish.deployment.access = None
    assert adopt._wish(world, plan, "demo") is wish
