"""What a host's shell says, read."""

import pytest

from deepcat.remote.ground.choose import (
    GroundError,
    cached,
    engine,
    pythons,
    require_machine,
    require_room,
    require_tools,
    ways,
)
from deepcat.remote.ground.facts import Facts, Python, parsed, whole
from deepcat.remote.ground.scripts import compression, digesting

SAID = """\
Welcome to hpc.example.org: quota=12
base=/home/ada/.deepcat
machine=x86_64
free=1048576
tool=tar
tool=zstd
tool=sha256sum
tool=frobnicate
python=3.9 c++ pip /usr/bin/python3
python=3.11 c++ /opt/py thon/bin/python3.11
python=3.11 c++ /opt/py thon/bin/python3.11
python=2.7 /usr/bin/python
there=runtime/e12c
part=77 aa.part
cached=deepcat-site-py3.11-x86_64-e12c.tar.zst
"""
OLD, NEW = Python("/usr/bin/python3", "3.9", frozenset({"c++", "pip"})), Python(
    "/opt/py thon/bin/python3.11", "3.11", frozenset({"c++"})
)  # fmt: skip
ODD = Python("/p", "3.8", frozenset({"c++"}))
BARE = Facts("/b", "x86_64", 1 << 40)


def test_facts_are_read_whatever_else_is_said() -> None:
    assert parsed(SAID) == Facts(
        "/home/ada/.deepcat",
        "x86_64",
        1 << 30,
        frozenset({"tar", "zstd", "sha256sum"}),
        (OLD, NEW),
        frozenset({"runtime/e12c"}),
        {"aa": 77},
        frozenset({"deepcat-site-py3.11-x86_64-e12c.tar.zst"}),
    )


@pytest.mark.parametrize("said", ["", "base=/b\nmachine=x\n", "base=/b\nmachine=x\nfree=much\n"])
def test_what_lacks_the_folder_or_the_disk_is_no_answer(said: str) -> None:
    with pytest.raises(ValueError, match=r"\A|base"):
        parsed(said)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("~", '"$HOME"'),
        ("~/.deepcat", '"$HOME"/.deepcat'),
        ("~/a b", "\"$HOME\"'/a b'"),
        ("/srv/x; rm -rf /", "'/srv/x; rm -rf /'"),
        ("~ada/x", "'~ada/x'"),
    ],
)
def test_a_folder_is_a_word_for_the_shell(folder: str, expected: str) -> None:
    assert whole(folder) == expected


@pytest.mark.parametrize(
    ("found", "version", "steps", "serving"),
    [
        ((OLD, NEW), "3.11", OLD, NEW),
        ((OLD,), "3.11", OLD, None),
        ((NEW,), "3.12", NEW, None),
        ((Python("/p", "3.11"),), "3.11", Python("/p", "3.11"), None),
        ((ODD,), "3.8", None, ODD),
        ((), "3.11", None, None),
    ],
)  # fmt: skip
def test_a_python_fits_or_one_is_brought(
    found: tuple[Python, ...], version: str, steps: Python | None, serving: Python | None
) -> None:
    own = pythons(Facts("/b", "x", 0, pythons=found), version)
    assert (own.steps, own.serving) == (steps, serving)
    assert own.brings(serves=True) is (steps is None or serving is None)
    assert own.brings(serves=False) is (steps is None)


@pytest.mark.parametrize(
    ("tools", "has_python", "how", "digest"),
    [
        ("tar zstd gzip sha256sum", False, "zst", "sha256sum"),
        ("tar gzip openssl", False, "gz", "openssl dgst -sha256 -r"),
        ("tar gzip shasum", False, "gz", "shasum -a 256"),
        ("", True, "gz", "/usr/bin/python3 -I -c"),
        ("zstd sha256sum", True, "gz", "sha256sum"),
        ("zstd", False, "", ""),
    ],
)
def test_what_a_host_has_decides_how_things_come(
    tools: str, has_python: bool, how: str, digest: str
) -> None:
    facts = Facts("/b", "x", 0, frozenset(tools.split()), (OLD,) if has_python else ())
    assert compression(facts) == how
    assert digesting(facts).startswith(digest)
    assert bool(digesting(facts)) is bool(digest)
    if not how:
        with pytest.raises(GroundError, match="nothing on the host verifies"):
            require_tools(facts)


def test_another_processor_and_a_small_disk_are_refused_by_name() -> None:
    with pytest.raises(GroundError) as refused:
        require_machine(BARE, "aarch64")
    assert refused.value.failure["code"] == "run/host"
    with pytest.raises(GroundError) as full:
        require_room(Facts("/b", "x", 100 << 20), 50 << 20)
    assert (full.value.failure["kind"], full.value.failure["code"]) == ("capacity", "run/disk-full")
    assert "115 MiB are needed in `/b`, 100 MiB are free" in str(full.value)
    require_room(Facts("/b", "x", 116 << 20), 50 << 20)


@pytest.mark.parametrize(
    ("order", "can", "expected"),
    [
        ((), {}, ["cache", "index", "push"]),
        ((), {"index": False}, ["cache", "push"]),
        (("push", "cache"), {}, ["push", "cache"]),
        (("index",), {"index": False}, []),
    ],
)
def test_ways_are_tried_in_the_order_of_the_clouds_file(
    order: tuple[str, ...], can: dict[str, bool], expected: list[str]
) -> None:
    assert ways(BARE, "runtime/e12c", order, can) == expected
    lies = Facts("/b", "x", 0, there=frozenset({"runtime/e12c"}))
    assert ways(lies, "runtime/e12c", order, can) == ["there"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [({"e12c"}, "/c/e12c"), ({"label-e12c"}, "/c/label-e12c"), ({"label-e12c.tar.gz"}, "")],
)
def test_a_cache_may_hold_it_unpacked(names: set[str], expected: str) -> None:
    facts = Facts("/b", "x", 0, cached=frozenset(names))
    assert cached(facts, "/c", "label-e12c", "e12c") == expected


def test_an_image_is_used_where_one_is_named_and_an_engine_is_there() -> None:
    facts, image = Facts("/b", "x", 0, frozenset({"docker", "podman"})), "a/b@sha256:0"
    assert engine(facts, image, ()) == "podman"
    assert engine(facts, image, ("registry", "push")) == "podman"
    assert engine(facts, image, ("push",)) == ""
    assert engine(facts, "", ()) == ""
    assert engine(BARE, image, ()) == ""
