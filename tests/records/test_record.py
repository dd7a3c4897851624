"""Records as text, there and back."""

from __future__ import annotations

from collections.abc import Callable

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
MAPPINGS = st.dictionaries(TEXT, VALUES, max_size=4)

PARTS = st.builds(PartState, TEXT, TEXT, st.integers(1, 100), st.floats(0, 1e6))
STATES = st.builds(
    State,
    name=TEXT.filter(bool),
    module=TEXT,
    version=TEXT,
    module_digest=TEXT,
    profile=TEXT,
    inputs=MAPPINGS,
    cloud=TEXT,
    shape=TEXT,
    status=st.sampled_from(Status),
    wish_digest=TEXT,
    commit=TEXT,
    endpoints=st.dictionaries(TEXT, TEXT, max_size=3),
    resources=MAPPINGS,
    expires=TEXT,
    owner=TEXT,
    run=TEXT,
    nodes=st.dictionaries(TEXT, MAPPINGS, max_size=2),
    model_sha256=TEXT,
    hosts=st.integers(1, 100),
    is_job=st.booleans(),
    ended=TEXT,
    placements=st.lists(PARTS, max_size=2).map(tuple),
    private=st.lists(TEXT, max_size=2).map(tuple),
    exit_status=st.none() | st.integers(-64, 255),
)
RECORDS = st.builds(
    Record,
    state=STATES,
    intent=MAPPINGS,
    samples=MAPPINGS,
    price_hour=st.floats(0, 1e6),
    created=TEXT,
    updated=TEXT,
    failures=st.lists(MAPPINGS, max_size=2).map(tuple),
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
