"""What a maintainer would say, one case a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.judging.codes import others
from deepcat.review.rules import is_trivial, review
from deepcat.review.values import (
    NEEDS_MAINTAINER,
    NEEDS_WORK,
    TRIVIAL,
    Review,
    SampleResult,
    handle,
    handles,
)

Files = Callable[..., dict[str, str]]
Submitted = Callable[..., Any]
TOLD = {"review/answer", "review/metric", "review/model"}
PASSED = [SampleResult("digits", "1.0.1", 2)]


def codes(said: Review) -> list[str]:
    """What is said but for what only tells of a difference; see `test_substance`."""
    return [finding.code for finding in said.findings if finding.code not in TOLD]


def asked(said: Review) -> list[tuple[str, tuple[str, ...]]]:
    return [(ask.what, ask.whom) for ask in said.asks]


def change(version: str) -> dict[str, str]:
    return {"version": version, "date": "2026-02-01", "kind": "changed", "text": "New."}


def test_who_maintains_a_module_changes_it_without_asking(
    submitted: Submitted, files: Files
) -> None:
    said = review(submitted(files(), files(title="Better")))
    assert (said.findings, said.asks, said.labels) == ((), (), {TRIVIAL})


def test_others_need_the_yes_of_a_maintainer(submitted: Submitted, files: Files) -> None:
    pair = files(maintainers=["ada", "@Grace"]), files(maintainers=["ada", "@Grace"], title="B")
    said = review(submitted(*pair, author="mallory"))
    assert asked(said) == [("modules/digits", ("ada", "grace"))]
    assert said.labels == {NEEDS_MAINTAINER}
    assert asked(review(submitted(*pair, author="mallory", approvers=("GRACE",)))) == []
    assert asked(review(submitted(*pair, author="mallory", approvers=("root",)))) == []
    assert asked(review(submitted(*pair, author="mallory", approvers=("eve",)))) != []


def test_naming_oneself_a_maintainer_gives_no_right(submitted: Submitted, files: Files) -> None:
    said = review(submitted(files(), files(maintainers=["ada", "mallory"]), author="mallory"))
    assert ("modules/digits", ("ada",)) in asked(said)


def test_who_maintained_a_module_when_the_branch_began_has_no_say(
    submitted: Submitted, files: Files
) -> None:
    """A maintainer who was removed branches from before her removal."""
    began, now = files(maintainers=["ann", "eve"]), files(maintainers=["ann"])
    hers = began | {"modules/digits/README.md": "Other words.\n"}
    said = review(submitted(began, hers, author="eve", tip=now))
    assert asked(said) == [("modules/digits", ("ann",))]
    assert said.labels == {NEEDS_MAINTAINER}
    assert asked(review(submitted(began, hers, author="eve", approvers=("ann",), tip=now))) == []
    assert asked(review(submitted(began, hers, author="eve"))) == []


def test_deployments_and_stewards_are_judged_at_the_tip_too(
    submitted: Submitted, files: Files
) -> None:
    wish = {"deployments/a.yaml": "module: digits\nowner: eve\n"}
    changed = {"deployments/a.yaml": "module: digits\nowner: eve\nlifetime: 1d\n"}
    now = files(more={"deployments/a.yaml": "module: digits\nowner: ann\n"})
    said = review(submitted(files(more=wish), files(more=changed), author="eve", tip=now))
    assert asked(said) == [("deployments/a.yaml", ("ann",))]
    began = files(more={"deepcat.yaml": "groups: {maintainers: [eve]}\n"})
    hers = began | {"clouds/x.yaml": "kind: local\n"}
    assert asked(review(submitted(began, hers, author="eve", tip=files()))) == [
        ("clouds/", ("root",))
    ]


def test_a_new_maintainer_must_consent(submitted: Submitted, files: Files) -> None:
    pair = files(), files(maintainers=["ada", "grace", "alan"])
    said = review(submitted(*pair))
    assert asked(said) == [
        ("modules/digits/module.yaml", ("alan",)),
        ("modules/digits/module.yaml", ("grace",)),
    ]
    assert all(ask.all_of for ask in said.asks)
    assert asked(review(submitted(*pair, approvers=("grace",)))) == [
        ("modules/digits/module.yaml", ("alan",))
    ]
    assert asked(review(submitted(*pair, approvers=("root",)))) != []


def test_a_new_module_names_nobody_without_their_consent(
    submitted: Submitted, files: Files
) -> None:
    said = review(submitted(files(None), files(maintainers=["ada", "grace"])))
    assert asked(said) == [("modules/digits/module.yaml", ("grace",))]


def test_who_maintains_a_module_is_never_trivial(submitted: Submitted, files: Files) -> None:
    three = ["ada", "grace", "alan"]
    for names in (["ada"], ["ada", "eve"], [*three, "eve"]):
        changed = submitted(files(maintainers=three), files(maintainers=names))
        assert not is_trivial(changed, PASSED), names


def test_the_author_of_a_new_module_has_consented_by_opening_it(
    submitted: Submitted, files: Files
) -> None:
    said = review(submitted(files(None), files()))
    assert asked(said) == []
    assert TRIVIAL not in said.labels


def test_a_module_keeps_a_maintainer(submitted: Submitted, files: Files) -> None:
    assert codes(review(submitted(files(), files(maintainers=[])))) == ["review/maintainers"]


@pytest.mark.parametrize(
    "after",
    [
        {"more": {"modules/digits/model.tar.gz": "other weights"}},
        {"model": {"format": "tensorflow-savedmodel", "path": "model.tar.gz", "sha256": "b" * 64}},
        {"more": {"modules/digits/tosca.yaml": "topology_template: {inputs: {}}\n"}},
        {"more": {"modules/digits/types.yaml": "node_types: {}\n"}},
    ],
)
def test_another_model_or_topology_is_another_version(
    submitted: Submitted, files: Files, after: dict[str, Any]
) -> None:
    same = review(submitted(files(), files(**after)))
    assert codes(same) == ["review/version"]
    assert same.labels == {NEEDS_WORK}
    raised = files(version="1.1.0", changes=[change("1.1.0")], **after)
    assert codes(review(submitted(files(), raised))) == []


def test_a_new_version_is_told_of(submitted: Submitted, files: Files) -> None:
    assert codes(review(submitted(files(), files(version="1.1.0")))) == ["review/changes"]


def test_a_version_does_not_go_back_unless_it_is_what_runs(
    submitted: Submitted, files: Files
) -> None:
    pair = files(version="1.1.0"), files(version="1.0.0")
    assert codes(review(submitted(*pair))) == ["review/version"]
    assert codes(review(submitted(*pair, running=[("digits", "1.0.0")]))) == []


OWN = """
node_types:
  mine.Node:
    derived_from: tosca.nodes.SoftwareComponent
    interfaces:
      Standard:
        operations:
          create: {implementation: {primary: run.sh}}
"""


def test_what_a_module_brings_to_run_is_flagged_for_a_person(
    submitted: Submitted, files: Files
) -> None:
    more = {"modules/digits/types.yaml": OWN, "modules/digits/run.sh": "echo\n"}
    after = files(version="1.1.0", changes=[change("1.1.0")], more=more)
    said = review(submitted(files(), after))
    assert codes(said) == ["review/module-operations"]
    assert "`run.sh`" in said.findings[0].message
    assert said.is_clean, "reading a script is asked for; nothing is wrong with it yet"
    assert NEEDS_WORK not in said.labels
    assert asked(said) == [("modules/digits", ("root",))]
    assert review(submitted(files(), after, approvers=("root",))).asks == ()
    # Changing what it runs later is another version, and asks again.
    worse = after | {"modules/digits/run.sh": "rm -rf /\n"}
    said = review(submitted(after, worse))
    assert codes(said) == ["review/module-operations", "review/version"]
    # Its words may change without anybody reading the script again.
    assert review(submitted(after, after | {"modules/digits/README.md": "More.\n"})).asks == ()


def wish(**fields: Any) -> dict[str, str]:
    return {"deployments/demo.yaml": json.dumps({"module": "digits", **fields})}


def test_a_deployment_is_its_owner_s(submitted: Submitted, files: Files) -> None:
    mine, other = files(more=wish(owner="ada")), files(more=wish(owner="ada", lifetime="1d"))
    assert asked(review(submitted(mine, other))) == []
    assert asked(review(submitted(mine, other, author="eve"))) == [
        ("deployments/demo.yaml", ("ada",))
    ]
    assert asked(review(submitted(mine, files(), author="eve"))) == [
        ("deployments/demo.yaml", ("ada",))
    ]
    # Nobody pays without having said yes.
    assert asked(review(submitted(files(), mine, author="eve"))) == [
        ("deployments/demo.yaml", ("ada",))
    ]


@pytest.mark.parametrize(
    "path", ["clouds/x.yaml", "deepcat.yaml", ".github/workflows/a.yml", "src/x"]
)
def test_the_catalog_itself_is_its_maintainers(
    submitted: Submitted, files: Files, path: str
) -> None:
    after = files() | {path: "{}"}
    assert [whom for _, whom in asked(review(submitted(files(), after)))] == [("root",)]
    assert asked(review(submitted(files(), after, author="root"))) == []


def test_a_catalog_without_named_maintainers_asks_the_forge_s_owners(
    submitted: Submitted, files: Files
) -> None:
    bare = {"deepcat.yaml": "title: t\n"}
    after = bare | {"clouds/x.yaml": "{}"}
    assert asked(review(submitted(bare, after))) == [("clouds/", ())]
    assert asked(review(submitted(bare, after, approvers=("grace",)))) != []


def test_what_nobody_proved_to_have_written_is_said_and_asked_for(
    submitted: Submitted, files: Files
) -> None:
    said = review(submitted(files(None), files(maintainers=["ada"]), author=""))
    assert asked(said) == [("modules/digits", ("root",)), ("modules/digits/module.yaml", ("ada",))]
    assert codes(said) == ["review/author"]


def test_a_deployment_s_new_owner_is_asked_too(submitted: Submitted, files: Files) -> None:
    old = {"deployments/a.yaml": "module: digits\nowner: ada\n"}
    new = {"deployments/a.yaml": "module: digits\nowner: bob\n"}
    said = review(submitted(files(more=old), files(more=new)))
    assert asked(said) == [("deployments/a.yaml", ("bob",))]


def test_the_stewards_are_those_of_the_base(submitted: Submitted, files: Files) -> None:
    after = files() | {"deepcat.yaml": json.dumps({"groups": {"maintainers": ["mallory"]}})}
    assert asked(review(submitted(files(), after, author="mallory"))) == [
        ("deepcat.yaml", ("root",))
    ]


def test_text_and_links_are_trivial(submitted: Submitted, files: Files) -> None:
    after = files(links={"documentation": "https://example.org"}) | {
        "modules/digits/README.md": "More words.\n"
    }
    assert review(submitted(files(), after)).labels == {TRIVIAL}
    assert review(submitted(files(), after, author="eve", approvers=("ada",))).labels == set()


def test_a_patch_by_its_maintainer_with_all_samples_passing_is_trivial(
    submitted: Submitted, files: Files
) -> None:
    more = {"modules/digits/model.tar.gz": "better weights"}
    patch = files(version="1.0.1", changes=[change("1.0.1")], more=more)
    made = submitted(files(), patch)
    assert review(made, samples=PASSED).labels == {TRIVIAL}
    assert review(made, samples=None).labels == set()
    assert review(made, samples=[SampleResult("digits", "1.0.0", 2)]).labels == set()
    assert review(made, samples=[SampleResult("digits", "1.0.1", 0)]).labels == set()
    failed = [SampleResult("digits", "1.0.1", 1, {"seven": "expected 7, got 1"})]
    said = review(made, samples=failed)
    assert (codes(said), said.labels) == (["review/sample"], {NEEDS_WORK})
    assert not is_trivial(made, failed), "one failed, whatever else passed"
    same = files(more={"modules/digits/train.py": "other"})
    assert not is_trivial(submitted(files(), same), [SampleResult("digits", "1.0.0", 2)])
    lower = files(version="0.9.9", changes=[change("0.9.9")], more=more)
    assert not is_trivial(submitted(files(), lower), [SampleResult("digits", "0.9.9", 2)])
    minor = files(version="1.1.0", changes=[change("1.1.0")], more=more)
    assert not is_trivial(submitted(files(), minor), [SampleResult("digits", "1.1.0", 2)])


def test_nothing_else_is_trivial(submitted: Submitted, files: Files) -> None:
    base = files()
    for after in (
        files(None),
        base,
        base | {"modules/digits/train.py": "x"},
        base | {"modules/digits/README.md": "x", "deepcat.yaml": "{}"},
        files(license="MIT"),
    ):
        assert not is_trivial(submitted(base, after), PASSED)
    assert not is_trivial(submitted(base, files(title="x"), author=""), PASSED)


def test_an_error_of_the_check_takes_the_label_away(submitted: Submitted, files: Files) -> None:
    found = [Finding(Place("modules/digits/module.yaml"), "schema/x", "wrong")]
    assert review(submitted(files(), files(title="x")), found).labels == {NEEDS_WORK}


def test_files_that_cannot_be_read_do_not_stop_a_review(submitted: Submitted, files: Files) -> None:
    after = files(more={"modules/digits/module.yaml": "a: [", "deployments/x.yaml": "\x00"})
    said = review(submitted(files(), after))
    assert NEEDS_MAINTAINER not in said.labels or said.asks
    assert review(submitted(after, files())).asks
    # One that was broken has nobody yet; only the catalog's own maintainers can vouch for it.
    (first, *_) = review(submitted(after, files(), author="mallory")).asks
    assert (first.what, first.whom) == ("deployments/x.yaml", ())
    mended = asked(review(submitted(after, files(), author="mallory")))
    assert ("modules/digits", ()) in mended


def test_handles_are_compared_as_forges_do() -> None:
    assert handle(" @Ada ") == "ada"
    assert handle(7) == ""
    assert handles(["@Ada", "ada", "", 3]) == {"ada"}
    assert handles("ada") == frozenset()


def test_every_code_that_a_review_may_say_is_explained(repository: Path) -> None:
    places = [*(repository / "src/deepcat/review").glob("*.py")]
    places += (repository / "src/deepcat/loop").glob("*.py")
    said = {
        code
        for path in places
        for code in re.findall(r'"((?:review|plan)/[a-z-]+)"', path.read_text())
    }
    assert said >= {"review/version", "review/quota", "plan/refused"}
    assert said <= others().keys()
    assert "Raise `version`" in others()["review/version"].mend
