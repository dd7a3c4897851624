"""How to call a module, as its page writes it; that each of these runs, `test_snippets` shows."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from deepcat.catalog.values import ModelRef, Module, Sample
from deepcat_site.views.call import calls
from deepcat_site.views.download import download
from deepcat_site.views.forge import Forge

REST, GRPC = "http://127.0.0.1:8501", "127.0.0.1:8500"
FLOATS = {"x": {"dtype": "float32", "shape": [-1, 2]}}


def module(inputs: Any = None, *samples: Sample, path: str = "model.tar.gz") -> Module:
    spec = {"method": "predict", "inputs": FLOATS if inputs is None else inputs, "outputs": {}}
    source = "" if path else "https://example.org/it's.tar.gz"
    model = ModelRef("tensorflow-savedmodel", path, source, "ab" * 32, {"serving_default": spec})
    return Module("m", "1.0.0", "modules/m", {}, "", "", model, samples)


def codes(made: Module, rest: str = REST, grpc: str = GRPC) -> dict[str, str]:
    found = calls(made, rest, grpc).ways
    return {each.key: unescape(re.sub(r"<[^>]*>", "", each.html)) for each in found}


def test_without_a_sample_zeros_are_sent_in_the_shape_that_is_taken() -> None:
    code = codes(module())
    assert """--data '{"inputs": {"x": [[0, 0]]}}'""" in code["curl"]
    assert "tf.make_tensor_proto([[0, 0]], dtype='float32')" in code["tensorflow"]
    assert '"shape": [1, 2]' in code["inference"]
    texts = codes(module({"t": {"dtype": "string", "shape": [-1]}}))
    assert """{"inputs": {"t": [""]}}""" in texts["curl"]


def test_a_deployment_without_grpc_is_called_by_http_alone() -> None:
    assert set(codes(module())) - set(codes(module(), grpc="")) == {"tensorflow", "grpc"}


def test_what_is_reached_by_https_is_called_by_a_secure_channel() -> None:
    assert "grpc.insecure_channel(" in codes(module())["tensorflow"]
    for way in ("tensorflow", "grpc"):
        code = codes(module(), "https://m.example.org", "m.example.org:443")[way]
        assert 'grpc.secure_channel("m.example.org:443", grpc.ssl_channel_credentials())' in code


def test_a_file_in_base64_is_sent_as_bytes() -> None:
    asked = Sample("f", "predict", {"instances": [{"b64": "aGk="}]}, {"predictions": ["x"]})
    code = codes(module({"image_bytes": {"dtype": "string", "shape": [-1]}}, asked))
    assert code["tensorflow"].startswith("import base64\n")
    assert "[base64.b64decode('aGk=')]" in code["tensorflow"]
    assert '"content_type": "base64"' in code["inference"]
    assert "image_bytes=@FILE" in code["deepaas"]


@pytest.mark.parametrize("text", ["it's", 'a "b"', "</script>", "\\", "{0}", "BODY_0 URL_0"])
def test_no_text_leaves_its_quotes(text: str) -> None:
    asked = Sample("t", "predict", {"instances": [text]}, {"predictions": ["x"]})
    made = module({"t": {"dtype": "string", "shape": [-1]}}, asked)
    code = codes(made)
    for way in ("python", "tensorflow"):
        compile(code[way], way, "exec")
    assert repr([text]) in code["tensorflow"]
    assert "</script>" not in "".join(str(each.html) for each in calls(made, REST, GRPC).ways)


def test_where_the_model_is_to_be_had_is_said_as_far_as_it_is_known() -> None:
    nowhere = download(module(), 5, Forge("", ""))
    assert nowhere is not None
    assert (nowhere.url, nowhere.path, nowhere.size) == ("", "modules/m/model.tar.gz", 5)
    forge = download(module(), 5, Forge("https://forge.example/c", "main"))
    assert forge is not None
    assert forge.url == "https://forge.example/c/raw/main/modules/m/model.tar.gz"
    elsewhere = download(module(path=""), 0, Forge("", ""))
    assert elsewhere is not None
    assert elsewhere.url == ""  # what is no plain address is no link
    made = module(path="")
    assert made.model is not None
    blob = f"https://registry.example.org/v2/lab/m/blobs/sha256:{made.model.sha256}"
    registry = download(replace(made, model=replace(made.model, source=blob)), 0, Forge("", ""))
    assert registry is not None
    assert (registry.url, registry.name) == (blob, "model.tar.gz")
