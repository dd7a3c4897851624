"""A server's options: read from a node's properties, kept, and put down for its process."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.host.failure import StepError
from deepcat.host.model_server import rollout
from deepcat.host.model_server.options import Options, from_dict, options_of
from deepcat.host.model_server.rollout import Served, Server
from deepcat.host.variables import may_be_set

GiB = 1 << 30
BOTH = Options((("max_batch_size", 8),), (("MODEL_LEVEL", "debug"),), 3 * GiB, devices=False)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, Options()),
        ({"batching": None, "environment": None}, Options()),
        ({"batching": {}}, Options(())),
        ({"batching": {"b": 2, "a": 1}}, Options((("a", 1), ("b", 2)))),
        (
            {"environment": {"MODEL_B": "2", "MODEL_A": 1}},
            Options(None, (("MODEL_A", "1"), ("MODEL_B", "2"))),
        ),
    ],
)
def test_options_of_a_node(properties: dict[str, Any], expected: Options) -> None:
    assert options_of(properties, {}) == expected
    assert from_dict(json.loads(json.dumps(asdict(expected)))) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"memory_MiB": 512}, Options(memory_bytes=2 * GiB)),
        ({"memory_MiB": 4096}, Options(memory_bytes=8 * GiB)),
        ({"memory_MiB": 0, "devices": False}, Options(devices=False)),
        ({"cards": 2, "card_part": "1g.5gb"}, Options(cards=2, profile="1g.5gb")),
    ],
)
def test_options_that_the_wish_and_its_host_ask_for(
    values: dict[str, Any], expected: Options
) -> None:
    assert options_of({}, values) == expected
    assert options_of({}, {"unboxed": True}).unboxed


def test_a_server_is_read_back_with_its_options() -> None:
    server = Server("p", "f", (Served("m", 1, "", "x"),), "127.0.0.1", 1, 2, options=BOTH)
    assert rollout.from_dict(json.loads(json.dumps(server.as_dict()))) == server
    older = {name: value for name, value in server.as_dict().items() if name != "options"}
    assert rollout.from_dict(older) == replace(server, options=Options())


@pytest.mark.parametrize(
    "name",
    ["LD_PRELOAD", "ld_preload", "PYTHONPATH", "PATH", "HOME", "DEEPCAT_RUN", "https_proxy",
     "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES",
     "BASH_ENV", "GLIBC_TUNABLES", "TF_PLUGGABLE_DEVICE_LIBRARY_PATH",
     "OPENSSL_CONF", "NCCL_NET_PLUGIN", "OMP_TOOL_LIBRARIES", "XLA_FLAGS", "TF_XLA_FLAGS",
     "LEVEL", "model_x", "MODEL_", "MODEL_A\n", "TF_PROFILE", "", "1A", "A B", "A=B", "A\n", "ü"],
)  # fmt: skip
def test_what_is_not_known_to_be_harmless_is_never_set(name: str) -> None:
    assert not may_be_set(name)
    with pytest.raises(StepError) as refused:
        options_of({"environment": {name: "x"}}, {})
    assert (refused.value.kind, refused.value.code) == ("module", "run/values")


@pytest.mark.parametrize("name", ["MODEL_LEVEL", "TF_CPP_MIN_LOG_LEVEL", "OMP_NUM_THREADS", "TZ"])
def test_a_modules_own_matter_may_be_set(name: str) -> None:
    assert may_be_set(name)


def test_what_the_command_is_given(tmp_path: Path) -> None:
    assert Options().arguments(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
    words = BOTH.arguments(tmp_path)
    assert words == ["--batching", str(tmp_path / ".batching")]
    assert (tmp_path / ".batching").read_text() == "max_batch_size { value: 8 }\n"
    assert Options(()).arguments(tmp_path) == words
    assert (tmp_path / ".batching").read_text() == ""
