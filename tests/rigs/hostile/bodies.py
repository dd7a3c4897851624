"""Bodies of JSON that are deep, wide, or of no form."""

from __future__ import annotations

from hostile.behaved import QUESTION
from hostile.sockets import PATHS, raw
from hostile.target import Shot


def json_body(shot: Shot) -> None:
    """A body that is deep, wide, or of no form."""
    chance = shot.chance
    many = chance.choice((10, 100, 10_000, 300_000))
    few = min(many, 20_000)
    body = chance.choice(
        (
            lambda: b"[" * many,
            lambda: b'{"instances":' + b"[" * many + b"]" * many + b"}",
            lambda: b'{"a":' * few + b"1" + b"}" * few,
            lambda: b'{"instances": [' + b"[]," * many + b"[]]}",
            lambda: b'{"instances": [' + b"1," * many + b"NaN]}",
            lambda: b'{"instances": [' + b'{"x":1},' * few + b'{"y":1}]}',
            lambda: b"{" + b",".join(b'"%d":1' % i for i in range(few)) + b"}",
            lambda: b'{"instances": [1e999, -1e999, 1' + b"0" * few + b"]}",
            lambda: b'{"instances": ["' + b"\\u0000" * few + b'"]}',
            lambda: b'{"instances": [{"b64": "' + b"A" * few + b'"}]}',
            lambda: b'{"inputs": ' + b'{"x": ' * few + b"1" + b"}" * few + b"}",
            lambda: b"\xff\xfe" + bytes(chance.randbytes(few)),
            lambda: b'{"signature_name": ' + b"9" * few + b', "instances": [1]}',
            lambda: b'{"examples": [' + b'{"x": [[1]]},' * few + b"{}]}",
            lambda: b'{"inputs": [{"name": "x", "shape": [1099511627776], "datatype": "FP32"}]}',
            lambda: b" " * many + QUESTION + b"}" * chance.randrange(2),
        )
    )()
    path = chance.choice((*PATHS[:4], *PATHS[8:10]))
    raw(
        shot,
        b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
        % (path.encode(), len(body), body),
    )
