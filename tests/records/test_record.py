"""Records as text, there and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.catalog.reading.parse import read_yaml
from deepcat.errors import DeepcatError
from deepcat.plan.values import PartState, State, Status
from deepcat.records.record import Record, from_text, to_text

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)
ODD = st.characters(
    exclude_categories=["Cs", "Cc", "Zl", "Zp"],
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
LINES = st.text(ODD, max_size=20)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
WORDS = st.just("") | NAMES
HASHES = st.just("") | st.from_regex(r"[0-9a-f]{40}", fullmatch=True)
INSTANTS = st.just("") | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
MAPPINGS = st.dictionaries(TEXT, VALUES, max_size=4)

PARTS = st.builds(PartState, LINES, LINES, st.integers(1, 100), st.floats(0, 1e6))
STATES = st.builds(
    State,
    name=NAMES,
    module=WORDS,
    version=LINES,
    module_digest=LINES,
    profile=WORDS,
    inputs=MAPPINGS,
    cloud=WORDS,
    shape=LINES,
    status=st.sampled_from(Status),
    wish_digest=LINES,
    commit=HASHES,
    endpoints=st.dictionaries(LINES, LINES, max_size=3),
    resources=st.dictionaries(LINES, LINES, max_size=3),
    expires=INSTANTS,
    owner=LINES,
    run=WORDS,
    nodes=st.dictionaries(TEXT, MAPPINGS, max_size=2),
    model_sha256=LINES,
    hosts=st.integers(1, 100),
    is_job=st.booleans(),
    ended=INSTANTS,
    placements=st.lists(PARTS, max_size=2).map(tuple),
    private=st.lists(LINES, max_size=2).map(tuple),
    exit_status=st.none() | st.integers(-64, 255),
)
RECORDS = st.builds(
    Record,
    state=STATES,
    intent=st.dictionaries(LINES, LINES, max_size=3),
    samples=MAPPINGS,
    price_hour=st.floats(0, 1e6),
    created=INSTANTS,
    updated=INSTANTS,
    failures=st.lists(st.dictionaries(TEXT, TEXT, max_size=3), max_size=2).map(tuple),
)


@given(RECORDS)
def test_nothing_is_lost(record: Record) -> None:
    text = to_text(record)
    assert from_text(text, "x") == record
    assert to_text(from_text(text, "x")) == text


def test_a_person_can_read_it(make_record: Callable[..., Record]) -> None:
    text = to_text(make_record("demo"))
    assert "name: demo\n" in text
    assert "status: running\n" in text
    assert "intent" not in text, "what is empty is left out"
    document, findings = read_yaml(text, "records.yaml")
    assert not findings
    assert document is not None
    assert document.data["inputs"] == {"rest_port": 8501}


def test_a_record_of_before_there_were_parts_is_in_one(make_record: Callable[..., Record]) -> None:
    text = to_text(make_record("demo", shape="large", hosts=3))
    assert "placements" not in text
    assert from_text(text, "demo").state.parts == (PartState("", "large", 3),)
    parts = (PartState("worker", "gpu", 2, 3.0), PartState("front", "small"))
    split = from_text(to_text(make_record("demo", placements=parts)), "demo").state
    assert split.parts == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: [",
        "format: deepcat-record/v2\nname: a\nstatus: running\n",
        "format: deepcat-record/v1\nstatus: running\n",
        "format: deepcat-record/v1\nname: ''\nstatus: running\n",
        "format: deepcat-record/v1\nname: a\nstatus: odd\n",
        "format: deepcat-record/v1\nname: a\nstatus: running\ninputs: 1\n",
        "format: deepcat-record/v1\nname: a\nstatus: running\nprice_hour: much\n",
        "format: deepcat-record/v1\nname: a\nstatus: running\nplacements: [a]\n",
        "format: deepcat-record/v1\nname: a\nstatus: running\nplacements: [{part: a}]\n",
    ],
)
def test_what_is_no_record_is_told(text: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        from_text(text, "demo")
    assert caught.value.code == "records/damaged"
    assert "demo" in caught.value.message
