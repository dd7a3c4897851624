"""What lies on a machine alone holds it, whether it is told, or cannot be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Reach
from deepcat.errors import DeepcatError
from deepcat.loop import unsaved
from deepcat.loop.host_desk import _notebooks
from deepcat.loop.unproposed import held
from deepcat.plan.values import Action, Change, State, Status
from deepcat.records.trainings import Training
from deepcat.runs.values import Aside, Job

STATE = State(
    "demo", "digits", "1.0.0", "d", "train", {}, "lab", "small", Status.FAILED, "w", "c", run="r1"
)
MADE = Training("0" * 12, "demo", run="r1", state="running")
SAVED = replace(MADE, checkpoint={"name": "step-90"})
ENDED = replace(MADE, state="ended", exit_status=0)


@pytest.mark.parametrize(
    ("training", "what"),
    [
        (MADE, ""),
        (SAVED, "the checkpoint step-90"),
        (replace(SAVED, run="r0"), ""),
        (replace(SAVED, proposal={"state": "merged"}), ""),
        (ENDED, "what its training made, which was not proposed"),
        (replace(ENDED, proposal={"state": "held"}), "what its training made"),
        (replace(ENDED, proposal={"state": "proposed"}), ""),
        (replace(ENDED, by="reproduce"), ""),
    ],
    ids=[
        *("nothing", "checkpoint", "another-run", "merged", "ended", "held", "proposed"),
        "repeats-another",
    ],
)
def test_what_would_go_with_a_machine(training: Training, what: str) -> None:
    assert bool(held(STATE, {"0": training})) is bool(what)
    assert held(STATE, {"0": training}).startswith(what)


@pytest.mark.parametrize(
    ("fault", "training", "aside", "profile", "goes"),
    [
        ("the disk has burnt", SAVED, None, "train", False),
        ("the disk has burnt", MADE, None, "train", True),
        ("", SAVED, None, "train", True),
        ("the disk has burnt", SAVED, Aside.GONE, "train", True),
        ("the disk has burnt", SAVED, None, "serve", True),
    ],
    ids=["at-stake", "nothing-made", "it-did-not-fail", "proposed", "a-service"],
)
def test_a_machine_that_failed_is_not_replaced_without_a_word(
    fault: str,
    training: Training,
    aside: Aside | None,
    profile: str,
    goes: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from deepcat.clouds.kinds.openstack.kind import OpenStack

    monkeypatch.setattr(OpenStack, "fault", lambda *_: fault)
    before = replace(STATE, profile=profile)
    wish: Any = SimpleNamespace(deployment=SimpleNamespace(profile=profile))
    change = Change(Action.UPDATE, "demo", "digits", "1.0.0", profile)
    job = Job(change, wish, before, aside=aside)
    clouds = {"lab": Cloud("lab", "clouds/lab.yaml", "openstack", {})}
    ahead, kept = unsaved.sorted_out(Path(), clouds, [job], lambda: {"0": training})
    assert bool(ahead) is goes and bool(kept) is not goes
    for each in kept:
        (failure,) = each.failures
        assert failure.code == "job/unsaved"
        assert "step-90: the disk has burnt" in failure.message
        assert "deepcat resume demo" in failure.hint and "--discard" in failure.hint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, {}),
        ("{}", {}),
        ('{"notebooks": {"desk": {"live": {"folder": "notebooks/desk/1"}}}}', "desk"),
        ('{"notebooks": {"desk": {"live"', "unread"),
        ("", "unread"),
        ("[]", "unread"),
        ('{"notebooks": []}', {}),
        ('{"notebooks": ["desk"]}', "unread"),
        ('{"notebooks": {"desk": "1"}}', "unread"),
    ],
)
@pytest.mark.starts("a shell")
def test_what_cannot_be_read_may_hold_work(tmp_path: Path, text: str | None, found: Any) -> None:
    reach = Reach({}, str(tmp_path), "127.0.0.1")
    if text is not None:
        (tmp_path / "state.json").write_text(text)
    if found == "unread":
        with pytest.raises(DeepcatError, match="cannot be read") as caught:
            _notebooks(reach, "demo")
        assert caught.value.code == "develop/host"
    else:
        assert list(_notebooks(reach, "demo")) == [*([found] if found else [])]


@pytest.mark.starts("a shell")
def test_a_link_in_its_place_cannot_be_read_either(tmp_path: Path) -> None:
    (tmp_path / "state.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DeepcatError, match="cannot be read"):
        _notebooks(Reach({}, str(tmp_path), "127.0.0.1"), "demo")
