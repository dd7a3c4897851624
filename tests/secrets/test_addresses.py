"""Addresses with a password, a token or a signature in them: what is one, what is told of it."""

from __future__ import annotations

import pytest

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.judging.judge import printable
from deepcat.catalog.judging.report import as_github, as_json, as_sarif, as_text
from deepcat.catalog.wording import shown
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.secrets.addresses import leaks, masked, may_leak, without_user

LEAKS = [
    ("https://user:pw@h/x", "https://user:•••@h/x"),
    ("ssh://user:pw@h/x", "ssh://user:•••@h/x"),
    ("redis://:pw@h", "redis://:•••@h"),
    ("git+https://user:pw@h", "git+https://user:•••@h"),
    ("//user:pw@h", "//user:•••@h"),
    ("https:\\\\user:pw@h", "https:\\\\user:•••@h"),
    ("https://user:p@ss@h", "https://user:•••@h"),
    ("https://user:p%40ss@h", "https://user:•••@h"),
    ("https://user%3Apw@h", "https://•••@h"),
    ("https://ghp_abcd1234@h", "https://•••@h"),
    ("https://ghp_abcd1234:x-oauth-basic@h", "https://•••@h"),
    ("https://glpat-abcd:@h", "https://•••@h"),
    ("https://0123456789abcdef0123@h", "https://•••@h"),
    ("a https://user:pw@h/, [b](https://user:pw@h)", "a https://user:•••@h/, [b](https://user:•••@h)"),
    ("https://h/?a=b&token=abcd&c=d", "https://h/?a=b&token=•••&c=d"),
    ("https://h/?a=b&amp;api_key=abcd", "https://h/?a=b&amp;api_key=•••"),
    ("https://h/?X-Amz-Date=1&X-Amz-Signature=ab", "https://h/?X-Amz-Date=1&X-Amz-Signature=•••"),
    ("https://h/?se=1&sig=abCD1234efGH5678%3D", "https://h/?se=1&sig=•••"),
    ("https://h/#access_token=abcd", "https://h/#access_token=•••"),
    ("https://h/?key=AIzaSyA1234567890", "https://h/?key=•••"),
    ("https%3A%2F%2Fuser%3Apw%40h", "•••"),
    ("see https&#58;//user&#58;pw&commat;h/", "see •••"),
    ("https://user\\:pw\\@h", "•••"),
    ('"https://user\\u003apw\\x40h"', '"•••"'),
    ('"https:\\/\\/user:pw@h"', '"https:\\/\\/user:•••@h"'),
    ("https:%2F%2Fuser:pw@h", "•••"),
    (
        "[![c](https://codecov.io/gh/o/r/graph/badge.svg?token=A1)](https://h/?token=abcd)",
        "[![c](https://codecov.io/gh/o/r/graph/badge.svg?token=A1)](https://h/?token=•••)",
    ),
    ("https://a/?x=1&to=https://b/?token=abcd", "https://a/?x=1&to=https://b/?token=•••"),
]  # fmt: skip
HARMLESS = [
    "git@github.com:x/y", "ssh://git@h/x", "https://ann@h/x", "https://h/a:b@c", "https://h/@ann:x",
    "https://user:$TOKEN@h", "https://{user}:{pw}@h", "https://user:%(pw)s@h", "https://U:PASSWORD@h",
    "https://user:***@h", "rediss://default:REDACTED@h", "https://user:•••@h", "docker://python:3.11@sha256:ab",
    "[a](http://h)[mail](mailto:me@h)", "https://h/?token=YOUR_TOKEN", "https://h/?token=$T",
    "https://h/?token=$(cat token)",
    "https://h/?code=python&key=value&sig=1", "https://h/?next=https%3A%2F%2Fh%2F%40me",
    "https://codecov.io/gh/o/r/branch/main/graph/badge.svg?token=ABC123", "token=abcd",
    "https://h:8080/x@y", "mailto:ann@h", "// see: ann@h", "ssh://APKAEIBAERJR2EXAMPLE1234@h/x",
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), LEAKS)
def test_what_lets_somebody_in_is_taken_out(text: str, told: str) -> None:
    assert may_leak(text.encode())
    assert masked(text) == told
    assert masked(told) == told


@pytest.mark.parametrize("text", HARMLESS)
def test_what_lets_nobody_in_stays(text: str) -> None:
    assert list(leaks(text)) == []
    assert masked(text) == text


def test_an_address_is_known_without_who_asks() -> None:
    assert without_user("https://ann:pw@h/x@y") == "https://h/x@y"
    assert without_user("git@h:x/y") == "git@h:x/y"


def test_a_failure_that_is_recorded_tells_no_password() -> None:
    failure = Failure(FailureKind.MODULE, "run/model", "https://u:hunter2@h/ is not there")
    assert failure.as_dict()["message"] == "https://u:•••@h/ is not there"


def test_a_text_that_is_cut_is_masked_before() -> None:
    assert "secret" not in shown("https://ann:secret" + "x" * 60 + "@example.org/")


@pytest.mark.parametrize("code", ["text/credentials", "markdown/scheme", "cloud/secret"])
def test_no_format_of_a_report_tells_a_password(code: str) -> None:
    line = "  a: https://u:one@h b: https://u:hunter2@h/"
    said = printable(Finding(Place("a.yaml", 1, 27), code, f"`{line}`", f"not `{line}`"))
    texts = [
        as_text([said], lambda _: [line]),
        as_json([said]),
        as_github([said]),
        as_sarif([said]),
    ]
    for text in texts:
        assert "hunter2" not in text
        assert "one@" not in text


def test_what_is_found_by_its_key_is_hidden_in_its_line() -> None:
    line = "  password: hunter2"
    said = Finding(Place("clouds/a.yaml", 1, 3), "cloud/secret", "`password` is a secret", "x")
    assert as_text([said], lambda _: [line]).splitlines()[1] == "     1 |   •••"
