"""Each repair by itself: what comes out, what is reported, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from deepcat.catalog.converting.build import Imported, convert
from deepcat.catalog.converting.generation import Generation
from deepcat.errors import DeepcatError, UsageError

Import = Callable[..., Imported]
Metadata = dict[str, Any]


def codes(found: Imported) -> list[str]:
    return sorted(finding.code.removeprefix("import/") for finding in found.findings)


def test_what_is_right_is_left_as_it_is(v2: Metadata, imported: Import) -> None:
    found = imported(v2)
    assert found.findings == ()
    assert found.name == "roses"
    kept = {key: value for key, value in v2.items() if key != "metadata_version"}
    assert found.module == {
        "apiVersion": "deepcat/v1",
        "name": "roses",
        "version": "1.0.0",
        **kept,
        "x-metadata_version": "2.0.0",
    }


def test_v1_finds_its_fields(v1: Metadata, imported: Import) -> None:
    found = imported(v1)
    assert found.generation is Generation.DEEP_V1
    assert found.module["links"] == {
        "source_code": "https://example.org/roses",
        "docker_image": "deephdc/deep-oc-roses",
        "x-dockerfile_repo": "https://example.org/DEEP-OC-roses",
    }
    assert found.module["description"] == "Finds roses\non photographs."
    assert found.module["license"] == "Apache-2.0"
    assert found.module["dates"] == {"created": "2019-02-19", "updated": "2019-02-19"}
    assert found.module["libraries"] == ["TensorFlow"]
    assert found.module["categories"] == ["AI4 trainable"]
    assert found.module["tags"] == v1["keywords"]
    assert "x-metadata_version" not in found.module


def test_a_version_number_does_not_tell_the_generation(
    v1: Metadata, v2: Metadata, imported: Import
) -> None:
    assert imported(v1 | {"metadata_version": "2.3.0"}).generation is Generation.DEEP_V1
    assert imported(v2 | {"metadata_version": "1.0.0"}).generation is Generation.AI4_V2


def test_a_shape_that_is_none_is_refused() -> None:
    with pytest.raises(DeepcatError) as caught:
        convert(b"title: x\nmetadata_version: 2.0.0\n", "a.yml")
    assert caught.value.code == "import/shape" and caught.value.hint


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Apache 2.0", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("MIT License", "MIT"),
        ("GPLv3", "GPL-3.0-only"),
        ("BSD 3-Clause", "BSD-3-Clause"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("EUPL-1.2", "EUPL-1.2"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("NOASSERTION", "NOASSERTION"),
    ],
)
def test_licences(v2: Metadata, imported: Import, said: str, meant: str) -> None:
    found = imported(v2 | {"license": said})
    assert found.module["license"] == meant
    assert codes(found) == ([] if said == meant else ["licence"])
    assert "x-license" not in found.module


@pytest.mark.parametrize("said", ["my own", "", 7, ["MIT"]])
def test_a_licence_that_nobody_knows_is_kept(v2: Metadata, imported: Import, said: Any) -> None:
    found = imported(v2 | {"license": said})
    assert found.module["license"] == "NOASSERTION"
    assert found.module["x-license"] == said
    assert codes(found) == ["licence"]


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2024-9-7", "2024-09-07"),
        ("2024/09/07", "2024-09-07"),
        ("2024-09-07T10:00:00Z", "2024-09-07"),
        ("27.09.2024", "2024-09-27"),
    ],
)
def test_days_in_other_forms(v2: Metadata, imported: Import, given: str, day: str) -> None:
    found = imported(v2 | {"dates": {"created": given, "updated": "2025-01-01"}})
    assert found.module["dates"] == {"created": day, "updated": "2025-01-01"}
    assert codes(found) == ["date"]


@pytest.mark.parametrize("given", ["soon", "2024-13-01", "07.09.2024", 2024, ""])
def test_a_day_that_nobody_can_tell_is_kept(v2: Metadata, imported: Import, given: Any) -> None:
    found = imported(v2 | {"dates": {"created": given, "updated": "2025-01-01"}})
    assert found.module["dates"] == {
        "x-created": given,
        "updated": "2025-01-01",
        "created": "2025-01-01",
    }
    assert "date" in codes(found)


def test_dates_without_a_day_are_kept_beside(v2: Metadata, imported: Import) -> None:
    assert imported(v2 | {"dates": {"created": "soon"}}).module["x-dates"] == {"x-created": "soon"}
    assert imported(v2 | {"dates": "2024"}).module["x-dates"] == "2024"
    assert "dates" not in imported(v2 | {"dates": None}).module


def test_unquoted_days_are_reported_where_they_stand(v2: Metadata, imported: Import) -> None:
    text = yaml.safe_dump(v2).replace("'2024-01-02'", "2024-01-02")
    found = imported(text)
    line = text.split("\n").index("  created: 2024-01-02") + 1
    (finding,) = found.findings
    assert (finding.code, finding.place.line) == ("import/unquoted-date", line)
    assert found.module["dates"] == v2["dates"]


def test_days_in_the_wrong_order(v2: Metadata, imported: Import) -> None:
    found = imported(v2 | {"dates": {"created": "2024-05-05", "updated": "2023-01-01"}})
    assert found.module["dates"] == {
        "created": "2024-05-05",
        "updated": "2024-05-05",
        "x-updated": "2023-01-01",
    }


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ('\'"Finds " "roses.\\n" "And more."\'', "Finds roses.\nAnd more."),
        ('\'"One", "two",\'', "One\ntwo"),
        ('\'["One", "two"]\'', "One\ntwo"),
        ("\"'It''s' 'two'\"", "It\ns\ntwo"),
        ('\'"A" "" " * b" " * c"\'', "A\n\n * b\n * c"),
        ("[One, two]", "One\ntwo"),
        (r"['One\n', 'two\n']", "One\n\ntwo"),
    ],
)
def test_descriptions_of_many_strings(
    v2: Metadata, imported: Import, given: str, text: str
) -> None:
    del v2["description"]
    found = imported(yaml.safe_dump(v2) + f"description: {given}\n")
    assert found.module["description"] == text
    assert set(codes(found)) == {"description"}


@pytest.mark.parametrize("text", ['"Roses" are red', "It's", '"', "[1] is a reference", "''"])
def test_a_text_that_only_begins_with_a_quote_is_left(
    v2: Metadata, imported: Import, text: str
) -> None:
    found = imported(v2 | {"description": text})
    assert found.module["description"] == text or text == "''"


def test_a_text_of_many_quotes_is_read_at_once(v2: Metadata, imported: Import) -> None:
    text = '"a" ' * 20_000 + "x"
    assert imported(v2 | {"description": text}).module["description"] == text[:49999] + "…"


def test_a_vocabulary_is_matched_by_letters(v2: Metadata, imported: Import) -> None:
    words = {"libraries": ["Pytorch", "scikit learn", "TENSORFLOW", "PyTorch"]}
    words |= {"tasks": ["computer-vision"], "categories": ["AI4_pre_trained"]}
    found = imported(v2 | words)
    assert found.module["libraries"] == ["PyTorch", "Scikit-learn", "TensorFlow"]
    assert found.module["tasks"] == ["Computer Vision"]
    assert found.module["categories"] == ["AI4 pre trained"]
    assert codes(found) == ["repeated", *["vocabulary"] * 5]


def test_unknown_words_are_kept(v2: Metadata, imported: Import) -> None:
    found = imported(
        v2 | {"libraries": ["Theano", 7], "categories": ["mine"], "data-type": "Image"}
    )
    assert found.module["libraries"] == ["Other"]
    assert found.module["x-libraries"] == ["Theano", 7]
    assert found.module["categories"] == [] and found.module["x-categories"] == ["mine"]
    assert found.module["data-type"] == ["Image"]


def test_missing_lists_are_left_empty(v2: Metadata, imported: Import) -> None:
    for key in ("tags", "tasks", "categories", "libraries"):
        del v2[key]
    found = imported(v2)
    assert [found.module[k] for k in ("tags", "tasks", "categories", "libraries")] == [[]] * 4
    assert codes(found) == ["missing"] * 4


@pytest.mark.parametrize(
    ("key", "given", "kept", "aside"),
    [
        ("dataset", None, None, None),
        ("dataset", "", None, None),
        ("dataset", "example.org/roses", "https://example.org/roses", None),
        ("dataset", " https://example.org/a ", "https://example.org/a", None),
        ("dataset", "on my disk", None, "on my disk"),
        ("dataset", ["https://example.org"], None, ["https://example.org"]),
        ("dataset", "javascript:alert(1)", None, "javascript:alert(1)"),
        ("zenodo_doi", "10.5281/zenodo.1", "https://doi.org/10.5281/zenodo.1", None),
        ("docker_image", "Example/Roses:1", "example/roses:1", None),
        ("ai4_template", "ai4-template/2.1.5", None, "ai4-template/2.1.5"),
    ],
)
def test_links(v2: Metadata, imported: Import, key: str, given: Any, kept: Any, aside: Any) -> None:
    v2["links"][key] = given
    links = imported(v2).module["links"]
    assert links.get(key) == kept
    assert links.get(f"x-{key}") == aside


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("10.5281/zenodo.1", "10.5281/zenodo.1"),
        ("https://doi.org/10.5281/zenodo.1", "10.5281/zenodo.1"),
        ("doi: 10.5281/zenodo.1", "10.5281/zenodo.1"),
        ("zenodo.1", None),
    ],
)
def test_dois(v2: Metadata, imported: Import, given: str, kept: str | None) -> None:
    module = imported(v2 | {"doi": given}).module
    assert module.get("doi") == kept
    assert module.get("x-doi") == (None if kept else given)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"memory": "16GB"}, {"memory_MB": 16000}),
        ({"memory": "1.5 GiB"}, {"memory_MB": 1611}),
        ({"memory": "plenty"}, {"x-memory": "plenty"}),
        ({"memory": "16GB", "memory_MB": 8}, {"x-memory": "16GB", "memory_MB": 8}),
        ({"memory_MB": "8 GB"}, {"memory_MB": 8000}),
        ({"cpu": "4", "gpu": 1.0}, {"cpu": 4, "gpu": 1}),
        ({"cpu": True, "gpu": -1}, {"x-cpu": True, "x-gpu": -1}),
        ({"gpu_compute_capability": 7.5}, {"gpu_compute_capability": 7.5}),
        ({"gpu_compute_capability": "7.5"}, {"x-gpu_compute_capability": "7.5"}),
        ({"colour": "red"}, {"x-colour": "red"}),
    ],
)
def test_resources(v2: Metadata, imported: Import, given: Metadata, kept: Metadata) -> None:
    assert imported(v2 | {"resources": {"inference": given}}).module["resources"] == {
        "inference": kept
    }


def test_resources_of_other_shapes_are_kept(v2: Metadata, imported: Import) -> None:
    assert imported(v2 | {"resources": "4 GPUs"}).module["x-resources"] == "4 GPUs"
    found = imported(v2 | {"resources": {"testing": {"cpu": 1}, "training": "much"}})
    assert found.module["resources"] == {"x-testing": {"cpu": 1}, "x-training": "much"}


def test_texts_that_are_missing_or_too_long(v2: Metadata, imported: Import) -> None:
    del v2["summary"], v2["description"]
    long = "x" * 500
    module = imported(v2 | {"title": long}).module
    assert module["title"] == "x" * 119 + "…" and module["x-title"] == long
    assert len(module["summary"]) == 400 and module["x-summary"] == long
    assert module["description"] == long


def test_long_and_many_tags_are_kept_beside(v2: Metadata, imported: Import) -> None:
    tags = ["x" * 61, *(f"tag {i}" for i in range(55)), "tag 1", "", 7]
    module = imported(v2 | {"tags": tags}).module
    assert len(module["tags"]) == 50
    assert {*module["tags"], *module["x-tags"]} == {str(tag) for tag in tags if tag != ""}


def test_no_source_code(v2: Metadata, imported: Import) -> None:
    v2["links"] = {"source_code": None}
    with pytest.raises(DeepcatError) as caught:
        imported(v2)
    assert caught.value.code == "import/source" and "--source-code" in caught.value.hint
    found = imported(v2, source_code="https://example.org/other.git")
    assert found.name == "other"


def test_the_image_stands_for_a_missing_source(v1: Metadata, imported: Import) -> None:
    del v1["sources"]["code"]
    found = imported(v1)
    assert found.module["links"]["source_code"] == "https://example.org/DEEP-OC-roses"
    assert found.name == "deep-oc-roses"
    assert "source" in codes(found)


def test_names(v2: Metadata, imported: Import) -> None:
    assert imported(v2, name="tulips").name == "tulips"
    v2["links"]["source_code"] = "https://example.org/con"
    assert imported(v2).name == "rose-finder"
    for name in ("../tulips", "Tulips", "", "-", "a" * 64, "con"):
        if name:
            with pytest.raises(UsageError):
                imported(v2, name=name)


def test_v1_of_odd_shapes_is_kept(v1: Metadata, imported: Import) -> None:
    module = imported(
        v1 | {"keywords": "roses", "sources": "here", "tags": ["more"], "tosca": [{"url": "x"}]},
        source_code="https://example.org/roses",
    ).module
    assert module["tags"] == ["more"] or module["tags"] == ["roses"]
    kept = str(module)
    assert all(word in kept for word in ("'here'", "'more'", "'roses'"))
    assert module["x-tosca"] == [{"url": "x"}]


def test_hidden_characters_are_taken_out(v2: Metadata, imported: Import) -> None:
    found = imported(v2 | {"title": "Ro\u200bse\u202e finder", "description": "a\r\nb"})
    assert found.module["title"] == "Rose finder"
    assert found.module["description"] == "a\nb"
    assert codes(found) == ["hidden"]
