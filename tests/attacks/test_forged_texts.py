"""Events, artifacts, comments and owner tags that somebody else wrote, each with what is left of it.

None of them ends in an exception; what is odd is left out, and what is left out decides nothing.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from deepcat.clouds.kind import Found, Listing
from deepcat.foreign import read_json
from deepcat.forge.event import Event, read_event
from deepcat.loop.observation import Observation
from deepcat.review import shown
from deepcat.review.report import FORMAT, samples_from_json
from deepcat.review.shown import Shown

HEAD = "a" * 40
DEEP = "[" * 100_000 + "]" * 100_000
DEEPISH = "[" * 100 + "]" * 100
PULL = {
    "number": 7,
    "user": {"login": "eve"},
    "base": {"sha": "b" * 40},
    "head": {"sha": HEAD, "ref": "mine"},
}
WHOLE = Event(number=7, author="eve", base="b" * 40, head=HEAD, branch="mine")

TEXTS = {
    "nothing": ("", "Expecting value"),
    "deep": (DEEP, "nested"),
    "a hundred deep": (DEEPISH, "nested deeper than 64"),
    "no number": ('{"a": NaN}', "NaN is no number"),
    "no end": ('{"a": -Infinity}', "-Infinity is no number"),
    "beyond all": ('{"a": 1e999}', "one without an end is no number"),
    "a million digits": (f'{{"a": {"9" * 1_000_000}}}', "one of too many digits is no number"),
    "too long": (" " * 2_000_000, "larger than 1,048,576 bytes"),
    "too many": (f"[{','.join('1' * 300_000)}]", "more than 200,000 values"),
    "not UTF-8": (b'{"a": "\xff"}', "can't decode"),
    "cut off": ('{"a": [1, 2', "Expecting"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_json_of_others_is_refused_in_words(case: str) -> None:
    text, why = TEXTS[case]
    with pytest.raises(ValueError, match=why.replace("'", ".")):
        read_json(text)


def pull(**fields: Any) -> str:
    return json.dumps({"pull_request": PULL | fields})


EVENTS = {
    "as it is": (pull(), WHOLE),
    "nothing": ("", Event()),
    "a list": ("[]", Event()),
    "deep": (DEEP, Event()),
    "parts of other kinds": ('{"pull_request": [1]}', Event()),
    "a number as text": (pull(number="7"), Event(0, "eve", "b" * 40, HEAD, "mine")),
    "a true number": (pull(number=True), Event(0, "eve", "b" * 40, HEAD, "mine")),
    "a number below nothing": (pull(number=-1), Event(0, "eve", "b" * 40, HEAD, "mine")),
    "a number of 1e30": (pull(number=10**29), Event(0, "eve", "b" * 40, HEAD, "mine")),
    "a hash that is an option": (pull(head={"sha": "--upload-pack=x", "ref": "mine"}), Event(7, "eve", "b" * 40, "", "mine")),
    "a hash that is a name": (pull(head={"sha": "main", "ref": "mine"}), Event(7, "eve", "b" * 40, "", "mine")),
    "a short hash": (pull(base={"sha": "bbbb"}), Event(7, "eve", "", HEAD, "mine")),
    "a hash and a line": (pull(base={"sha": "b" * 40 + "\n"}), Event(7, "eve", "", HEAD, "mine")),
    "a handle of two lines": (pull(user={"login": "eve\n::error::x"}), Event(7, "", "b" * 40, HEAD, "mine")),
    "a handle with an escape": (pull(user={"login": "\u001b[2Jada"}), Event(7, "", "b" * 40, HEAD, "mine")),
    "a handle turned round": (pull(user={"login": "\u202eada"}), Event(7, "", "b" * 40, HEAD, "mine")),
    "a handle of a megabyte": (pull(user={"login": "a" * 10**6}), Event(7, "", "b" * 40, HEAD, "mine")),
    "a handle that is a list": (pull(user={"login": ["ada"]}), Event(7, "", "b" * 40, HEAD, "mine")),
    "a link that is a script": ('{"workflow_run": {"html_url": "javascript:alert(1)"}}', Event()),
    "a link that closes": ('{"workflow_run": {"html_url": "https://x/) [y](https://z"}}', Event()),
}  # fmt: skip


@pytest.mark.parametrize("case", EVENTS)
def test_what_is_odd_in_an_event_is_left_out(case: str) -> None:
    text, left = EVENTS[case]
    assert read_event(text) == left


def artifact(rows: Any, **fields: Any) -> str:
    return json.dumps({"format": FORMAT, "head": HEAD, "samples": rows} | fields)


# An artifact of stage one -> what is left: module, how many passed, and how many did not; or None.
ARTIFACTS: dict[str, tuple[str, list[tuple[str, int, int]] | None]] = {
    "as it is": (artifact([{"module": "m", "version": "1", "passed": 2, "failed": {}}]), [("m", 2, 0)]),
    "nothing": ("", None),
    "deep": (DEEP, None),
    "of another commit": (artifact([], head="b" * 40), None),
    "of another format": (artifact([], format="x"), None),
    "rows that are none": (artifact({"m": 1}), None),
    "a number that is none": (artifact([{"module": "m", "passed": 1}]).replace(": 1}", ": NaN}"), None),
    "a billion passed": (artifact([{"module": "m", "passed": 10**9}]), [("m", 0, 0)]),
    "fewer than none passed": (artifact([{"module": "m", "passed": -1}]), [("m", 0, 0)]),
    "true passed": (artifact([{"module": "m", "passed": True}]), [("m", 0, 0)]),
    "passed as text": (artifact([{"module": "m", "passed": "9"}]), [("m", 0, 0)]),
    "half passed": (artifact([{"module": "m", "passed": 0.5}]), [("m", 0, 0)]),
    "failures that are a list": (artifact([{"module": "m", "passed": 0, "failed": ["x"]}]), [("m", 0, 0)]),
    "a row that is a text": (artifact(["m"]), []),
    "a name of two lines": (artifact([{"module": "m\n::error::x", "passed": 1}]), [(r"m\u000a::error::x", 1, 0)]),
    "a name with an escape": (artifact([{"module": "\u001b[2J", "passed": 1}]), [(r"\u001b[2J", 1, 0)]),
    "a failure of a megabyte": (artifact([{"module": "m", "failed": {"a" * 10**6: "b" * 10**5}}]), [("m", 0, 1)]),
}  # fmt: skip


@pytest.mark.parametrize("case", ARTIFACTS)
def test_what_stage_one_left_is_read_as_others_text(case: str) -> None:
    text, left = ARTIFACTS[case]
    found = samples_from_json(text, HEAD)
    told = found and [(each.module, each.passed, len(each.failed)) for each in found]
    assert (told if told is None else list(told)) == left
    assert all(len(name + why) <= 700 for each in found or () for name, why in each.failed.items())


def comment(data: Any) -> str:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return f"<!-- deepcat-shown: {base64.b64encode(text).decode()} -->\nNothing to mend."


def row(*parts: Any) -> str:
    return comment({"head": HEAD, "shown": {"demo": list(parts)}})


NOTHING = {"*": Shown("", "", 0.0)}
COMMENTS: dict[str, tuple[str, dict[str, Shown]]] = {
    "as it is": (row("a", "H100", 1.5, 2.0), {"demo": Shown("a", "H100", 1.5, 2.0)}),
    "no mark": ("Nothing to mend.", NOTHING),
    "no base64": ("<!-- deepcat-shown: A -->", NOTHING),
    "no JSON": (comment(b"\xff"), NOTHING),
    "deep": (comment(DEEP.encode()), NOTHING),
    "of another commit": (comment({"head": "b" * 40, "shown": {}}), NOTHING),
    "of no commit": (comment({"shown": {}}), NOTHING),
    "no number": (comment(b'{"head": "x", "shown": {"demo": ["a", "", NaN, 0]}}'), NOTHING),
    "1e9 an hour": (row("a", "H100", 1e9, 1e9), {"demo": Shown("a", "H100", 0.0, 0.0)}),
    "money back": (row("a", "", -1, -1), {"demo": Shown("a", "", 0.0, 0.0)}),
    "a true price": (row("a", "", True, True), {"demo": Shown("a", "", 0.0, 0.0)}),
    "a price as text": (row("a", "", "9", "9"), {"demo": Shown("a", "", 0.0, 0.0)}),
    "a cloud of two lines": (row("a\nb", "", 1, 1), {"demo": Shown("", "", 1.0, 1.0)}),
    "a cloud of a thousand": (row("a" * 1000, "", 1, 1), {"demo": Shown("", "", 1.0, 1.0)}),
    "too few": (row("a"), {"demo": Shown("", "", 0.0, 0.0)}),
    "a second mark": (row("a", "", 1, 1) + row("z", "", 9, 9), {"demo": Shown("a", "", 1.0, 1.0)}),
}


@pytest.mark.parametrize("case", COMMENTS)
def test_a_comment_bounds_at_what_it_can_have_shown(case: str) -> None:
    body, left = COMMENTS[case]
    assert shown.read(body, HEAD) == left


TAG: dict[str, Any] = {
    "name": "demo", "module": "m", "version": "1", "module_digest": "", "profile": "serve", "inputs": {},
    "cloud": "local", "shape": "host", "status": "running", "wish_digest": "", "commit": "",
}  # fmt: skip
TAGS: dict[str, tuple[dict[str, Any], bool]] = {
    "as it is": ({}, True),
    "of another deployment": ({"name": "other"}, False),
    "a name that is a path": ({"name": "../demo"}, False),
    "a commit that is an option": ({"commit": "--output=x"}, False),
    "a billion hosts": ({"hosts": 10**9}, False),
    "endpoints that are a list": ({"endpoints": ["x"]}, False),
    "an endpoint of two lines": ({"endpoints": {"rest": "http://a\nb"}}, False),
    "an unknown status": ({"status": "splendid"}, False),
    "programs that are a text": ({"resources": {"programs": "x"}}, False),
    "an end at no time": ({"ended": "soon"}, False),
    "private that is a mapping": ({"private": {"a": 1}}, False),
    "parts that are texts": ({"placements": ["x"]}, False),
}


@pytest.mark.parametrize("case", TAGS)
def test_an_owner_tag_is_read_as_a_record_is(case: str) -> None:
    """It lies where a module's own scripts run."""
    changed, is_read = TAGS[case]
    seen = Observation((Listing((Found("demo", TAG | changed),), machine="here"),))
    assert ("demo" in seen.tagged()) == is_read
