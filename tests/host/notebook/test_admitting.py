"""Who is let in to an editor that asks nobody."""

from __future__ import annotations

import pytest

from deepcat.host.notebook.admitting import Passed, admitted

PREFIX, TOKEN = "/n/desk/", "t" * 43
HOST = "Host: 127.0.0.1:8080"
COOKIE = f"Cookie: a=b; deepcat-token={TOKEN}"


def answered(*lines: str, token: str = TOKEN) -> Passed | bytes:
    return admitted("".join(f"{each}\r\n" for each in (*lines, "")).encode(), PREFIX, token)


def status(*lines: str, token: str = TOKEN) -> int:
    found = answered(*lines, token=token)
    return 200 if isinstance(found, Passed) else int(found.split()[1])


def test_the_token_is_shown_once_and_kept_as_a_cookie() -> None:
    said = answered(f"GET {PREFIX}x?folder=%2Fa&token={TOKEN} HTTP/1.1", HOST)
    assert isinstance(said, bytes)
    head = said.decode()
    assert head.startswith("HTTP/1.1 302 ")
    assert f"Location: {PREFIX}x?folder=%2Fa\r\n" in head
    kept = f"Set-Cookie: deepcat-token={TOKEN}; Path={PREFIX}; HttpOnly; SameSite=Strict\r\n"
    assert kept in head


def test_what_is_passed_on_has_no_prefix_and_none_of_what_lets_in() -> None:
    away = ("X-Forwarded-Host: evil.example", "Forwarded: host=evil", "Connection: keep-alive")
    shown = f"Authorization: token {TOKEN}"
    found = answered(
        f"PUT {PREFIX}a/b?c=d HTTP/1.1", HOST, COOKIE, shown, "Content-Length: 3", *away
    )
    assert isinstance(found, Passed)
    assert found.head == (
        b"PUT /a/b?c=d HTTP/1.1\r\nhost: 127.0.0.1:8080\r\ncontent-length: 3\r\ncookie: a=b\r\n"
        b"connection: close\r\n\r\n"
    )
    assert (found.length, found.upgrades) == (3, False)


def test_a_websocket_is_told_from_the_rest() -> None:
    asks = ("Connection: Upgrade", "Upgrade: websocket", "Origin: http://127.0.0.1:8080")
    found = answered(f"GET {PREFIX}stable HTTP/1.1", HOST, COOKIE, *asks)
    assert isinstance(found, Passed)
    assert found.upgrades
    assert b"\r\nupgrade: websocket\r\n" in found.head
    assert found.head.endswith(b"\r\nconnection: Upgrade\r\n\r\n")


@pytest.mark.parametrize(
    ("lines", "token", "expected"),
    [
        ((f"GET {PREFIX} HTTP/1.1", HOST, COOKIE), TOKEN, 200),
        ((f"GET {PREFIX} HTTP/1.1", "Host: [::1]:80", COOKIE), TOKEN, 200),
        ((f"GET {PREFIX} HTTP/1.1", HOST), TOKEN, 403),
        ((f"GET {PREFIX} HTTP/1.1", HOST, COOKIE), "u" * 43, 403),
        ((f"GET {PREFIX} HTTP/1.1", HOST, "Cookie: deepcat-token="), "", 403),
        ((f"GET {PREFIX}?token= HTTP/1.1", HOST), "", 403),
        ((f"GET {PREFIX}?token={TOKEN}x HTTP/1.1", HOST), TOKEN, 403),
        ((f"POST {PREFIX}?token={TOKEN} HTTP/1.1", HOST), TOKEN, 403),
        ((f"GET {PREFIX} HTTP/1.1", "Host: evil.example", COOKIE), TOKEN, 403),
        ((f"GET {PREFIX} HTTP/1.1", "Host: 127.0.0.1@evil.example", COOKIE), TOKEN, 403),
        ((f"GET {PREFIX} HTTP/1.1", HOST, HOST, COOKIE), TOKEN, 403),
        ((f"GET {PREFIX} HTTP/1.1", COOKIE), TOKEN, 403),
        ((f"GET {PREFIX} HTTP/1.1", HOST, COOKIE, "Origin: http://127.0.0.1:1"), TOKEN, 403),
        ((f"GET {PREFIX} HTTP/1.1", HOST, COOKIE, "Origin: null"), TOKEN, 403),
        (("GET /other HTTP/1.1", HOST, COOKIE), TOKEN, 404),
        ((f"GET http://h{PREFIX} HTTP/1.1", HOST, COOKIE), TOKEN, 400),
        ((f"GET {PREFIX} HTTP/2", HOST, COOKIE), TOKEN, 400),
        ((f"GET {PREFIX} HTTP/1.1", HOST, COOKIE, " folded"), TOKEN, 400),
        ((f"GET {PREFIX} HTTP/1.1", HOST, COOKIE, "A : b"), TOKEN, 400),
        ((f"GET {PREFIX} HTTP/1.1", HOST, COOKIE, "A: b\nC: d"), TOKEN, 400),
        ((f"PUT {PREFIX} HTTP/1.1", HOST, COOKIE, "Content-Length: +1"), TOKEN, 400),
        ((f"PUT {PREFIX} HTTP/1.1", HOST, COOKIE, *["Content-Length: 1"] * 2), TOKEN, 400),
        ((f"PUT {PREFIX} HTTP/1.1", HOST, COOKIE, "Transfer-Encoding: chunked"), TOKEN, 411),
    ],
    ids=range(23),
)
def test_who_shows_no_token_or_comes_from_elsewhere_is_turned_away(
    lines: tuple[str, ...], token: str, expected: int
) -> None:
    assert status(*lines, token=token) == expected
