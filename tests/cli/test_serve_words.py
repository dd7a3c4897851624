"""The words of `deepcat serve`, ours and TensorFlow Serving's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from deepcat.cli.serve import command, settings_of
from deepcat.cli.serve_words import plain_words
from deepcat.errors import UsageError
from deepcat.serving.contract.batching import Batching
from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.flags import REFUSED

MODEL = "--model_base_path=/models/m"


def settings(*words: str) -> Any:
    return settings_of(command.make_context("serve", list(words)).params)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([MODEL], {"models": (ModelConfig("default", "/models/m"),), "rest_port": 8501}),
        ([MODEL, "--model-name", "m"], {"models": (ModelConfig("m", "/models/m"),)}),
        ([MODEL, "--port=9000", "--rest_api_port=9001"], {"grpc_port": 9000, "rest_port": 9001}),
        ([MODEL, "--port=9000", "--rest_api_port=0"], {"grpc_port": 9000, "rest_port": None}),
        ([MODEL, "--port=0"], {"grpc_port": None, "rest_port": 8501}),
        ([MODEL, "--grpc-port=0", "--rest_port=0"], {"grpc_port": 0, "rest_port": 0}),
        ([MODEL], {"poll_s": 1.0, "config_poll_s": 1.0, "load_retries": 5, "load_retry_s": 60.0}),
        ([MODEL, "--file_system_poll_wait_seconds=7"], {"poll_s": 7.0, "config_poll_s": 7.0}),
        ([MODEL, "--model_config_file_poll_wait_seconds=9"], {"config_poll_s": 9.0}),
        (
            [MODEL, "--max_num_load_retries=2", "--load_retry_interval_micros=-1"],
            {"load_retries": 2, "load_retry_s": 0.0},
        ),
        ([MODEL, "--rest_api_num_threads=3"], {"workers": 3}),
        ([MODEL], {"allow_reload": True}),
        ([MODEL, "--allow-reload=false"], {"allow_reload": False}),
        ([MODEL, "--host=0.0.0.0"], {"allow_reload": False}),
        ([MODEL, "--host=0.0.0.0", "--allow-reload"], {"allow_reload": True}),
        ([MODEL, "--grpc_max_threads=3", "--workers=3"], {"workers": 3}),
        ([MODEL, "--tensorflow_session_parallelism", "2"], {"threads": 2}),
        ([MODEL], {"labels_need_version": True, "warm_ups": 1, "batching": None, "origins": ()}),
        (
            [MODEL, "--allow_version_labels_for_unavailable_models"],
            {"labels_need_version": False},
        ),
        (
            [MODEL, "--allow-version-labels-for-unavailable-models=false"],
            {"labels_need_version": True},
        ),
        ([MODEL, "--enable_model_warmup=false"], {"warm_ups": 0}),
        ([MODEL, "--num_request_iterations_for_warmup=3"], {"warm_ups": 3}),
        ([MODEL, "--rest_api_enable_cors_support"], {"origins": ("*",)}),
        ([MODEL, "--prefer_tflite_model=true"], {"prefer_lite": True}),
        ([MODEL, "--prefer_tflite_model=false"], {"prefer_lite": False}),
        ([MODEL, "--engine=lite"], {"prefer_lite": True}),
        ([MODEL, "--enable_batching"], {"batching": Batching()}),
        ([MODEL, "--enable_batching=false"], {"batching": None}),
        (
            [MODEL, "--enable_per_model_batching_parameters"],
            {"batching": Batching(), "own_batching": True},
        ),
        (
            [MODEL, "--grpc_channel_arguments=grpc.max_connection_age_ms=2000,a=b"],
            {"grpc_arguments": (("grpc.max_connection_age_ms", 2000), ("a", "b"))},
        ),
        (
            [MODEL, "--saved_model_tags=serve", "--enable_profiler=false", "--num_load_threads=1"],
            {"models": (ModelConfig("default", "/models/m"),)},
        ),
    ],
)
def test_what_the_words_mean(words: list[str], expected: dict[str, Any]) -> None:
    found = settings(*words)
    assert {name: getattr(found, name) for name in expected} == expected


def test_the_configuration_file_goes_before_the_one_model(tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.touch()
    found = settings(MODEL, f"--model_config_file={file}")
    assert (found.models, found.config) == ((), file)


def test_rows_that_are_asked_for_in_our_words_split_requests() -> None:
    how = settings(MODEL, "--batch-size=8", "--batch-wait-ms=2").batching
    assert (how.most_rows, how.batch_timeout_s) == (8, 0.002)
    assert how.max_batch_size > 10**9


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "nothing to serve"),
        ([MODEL, "--port=0", "--rest_api_port=0"], "neither REST nor gRPC is left"),
        ([MODEL, "--grpc_max_threads=3", "--workers=4"], "one number of threads"),
        ([MODEL, "--enable_batching=false", "--batch-size=4"], "asks for batching"),
        ([MODEL, "--batch-size=4", f"--batching={__file__}"], "say the same"),
        ([MODEL, "--batch-wait-ms=2"], "`--batch-wait-ms` needs `--batch-size`"),
        ([MODEL, "--batch-wait-ms=2", "--enable_batching"], "needs `--batch-size`"),
        ([MODEL, "--no-grpc", "--grpc-socket-path=/x"], "`--grpc-socket-path` is beside a port"),
        ([MODEL, "--port=0", "--grpc-socket-path=/x"], "`--grpc-socket-path` is beside a port"),
        ([MODEL, "--no-rest", "--rest-socket=/x"], "`--rest-socket` is beside a port"),
        ([MODEL, "--grpc_channel_arguments=x"], "is no setting of gRPC"),
        ([MODEL, "--engine=lite", "--prefer_tflite_model=false"], "`--engine lite` serves"),
        ([MODEL, "--model", "default=."], "the same name"),
        ([MODEL, "--use_alts_credentials"], "`--use_alts_credentials=true` cannot be carried out"),
        ([MODEL, "--platform_config_file=/x"], "`--platform_config_file=/x` cannot be"),
        ([MODEL, "--saved_model_tags", "tpu,serve"], "`--saved_model_tags=tpu,serve` cannot be"),
    ],
)
def test_what_cannot_be_done_is_refused(words: list[str], why: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(*words)
    assert why in caught.value.message


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--caller-rate=2"], "nobody is told apart"),
        (["--caller-in-flight=2"], "nobody is told apart"),
        (["--oidc-issuer=", "--oidc-audience="], "--oidc-issuer is empty"),
        (["--oidc-issuer=https://a.example", "--oidc-audience="], "--oidc-audience is empty"),
        (["--oidc-issuer=https://a.example"], "belong together"),
        (["--minimum-tls=1.3"], "--minimum-tls needs --certificate"),
    ],
)
def test_guards_that_guard_nothing_are_refused(words: list[str], why: str) -> None:
    done = CliRunner().invoke(command, [MODEL, *words], standalone_mode=False)
    assert isinstance(done.exception, UsageError)
    assert why in done.exception.message


@pytest.mark.parametrize("flag", sorted(REFUSED))
def test_each_refused_flag_says_why(flag: str) -> None:
    with pytest.raises(UsageError) as caught:
        plain_words([f"--{flag}=17.5"])
    assert f"--{flag}=17.5" in caught.value.message
    assert caught.value.hint == REFUSED[flag].why
    assert plain_words([f"--{flag}={each}" for each in REFUSED[flag].harmless]) == []
    assert f"--{flag.replace('_', '-')}" not in {o for p in command.params for o in p.opts}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("--rest_api_prot=1", "--rest-api-port"),
        ("--model_base_pth=/x", "--model-base-path"),
        ("--batching_parameter_file=/x", "--batching-parameters-file"),
    ],
)
def test_an_unknown_word_is_told_its_nearest(word: str, meant: str) -> None:
    with pytest.raises(click.NoSuchOption) as caught:
        settings(MODEL, word)
    assert meant in caught.value.format_message()
