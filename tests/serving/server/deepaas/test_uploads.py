"""Forms: the names of parts as clients write them, and headers of a bounded size."""

from __future__ import annotations

import pytest

from deepcat.serving.server.deepaas.uploads import FormError, content_type, form


def sent(head: str, content: bytes = b"1", boundary: str = "b") -> dict[str, list[bytes]]:
    body = f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + f"\r\n--{boundary}--".encode()
    kind = f"multipart/form-data; boundary={boundary}".encode()
    return form([(b"content-type", kind)], body)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ('Content-Disposition: form-data; name="x"', "x"),
        ("content-disposition:form-data;name=x", "x"),
        ("Content-Disposition: form-data; name=x ; filename=y", "x"),
        ('Content-Disposition: form-data; filename="a;name=b"; name="x"', "x"),
        ('Content-Disposition: form-data; filename="\\"; name=b"; name="x"', "x"),
        ('Content-Disposition: form-data; flag; name="x"; name="y"', "x"),
        ('Content-Disposition: form-data; NAME = "a b; c"', "a b; c"),
        ('Content-Disposition: form-data; name="ü\\"\\\\"', 'ü"\\'),
        ('Content-Disposition: form-data;\r\n  name="x"', "x"),
        ('Content-Type: image/png; name=y\r\nContent-Disposition: form-data; name="x"', "x"),
        (f'X: {"y" * 8000}\r\nContent-Disposition: form-data; name="x"', "x"),
    ],
)
def test_the_name_of_a_part(head: str, name: str) -> None:
    assert sent(head) == {name: [b"1"]}


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("Content-Disposition: form-data", "no name"),
        ('Content-Disposition: form-data; name=""', "no name"),
        ('Content-Disposition: form-data; filename="name=x"', "no name"),
        ("Content-Type: a/b; name=x", "no name"),
        (f'X: {"y" * 9000}\r\nContent-Disposition: form-data; name="x"', "larger than 8192"),
        ("Content-Disposition: " + "(" * 2**20, "larger than 8192"),
        ("Content-Disposition: form-data; " + "(" * 8000, "no name"),
        ("Content-Disposition: form-data" + ';a="\\' * 1600, "no name"),
    ],
)
def test_a_part_that_is_none(head: str, why: str) -> None:
    with pytest.raises(FormError, match=why):
        sent(head)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", ("", "")),
        ("Application/JSON; charset=utf-8", ("application/json", "")),
        ('multipart/form-data; charset=x; Boundary="a b;c"', ("multipart/form-data", "a b;c")),
        ("multipart/form-data;boundary=a=b", ("multipart/form-data", "a=b")),
    ],
)
def test_a_media_type(given: str, said: tuple[str, str]) -> None:
    assert content_type([(b"content-type", given.encode())]) == said
