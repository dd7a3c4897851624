"""Messages that really go out, to servers on this machine; and those that must not."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.notify import webhook
from deepcat.notify.rules import letter, line, wanted
from deepcat.notify.send import send_all
from deepcat.notify.values import Event, Notice
from deepcat.secrets import mask

Said = tuple[list[str], Callable[[str], None]]
HOSTILE = "out\r\nBcc: eve@example.org\r\n\r\n<img src=x> \x1b[2J ::error::x hunter2-hunter2"
GOOD = Notice(Event.APPLIED, "front", "digits", "1.0.0", "@Ada", "local", catalog="C")
BAD = Notice(Event.FAILED, "back", "digits", "1.0.0", "bob", "local", HOSTILE, "c" * 40, "r1", "C")
pytestmark = pytest.mark.starts("a web server and a mail server")


@pytest.fixture(autouse=True)
def own_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPCAT_NOTIFY_PRIVATE", "1")
    monkeypatch.setattr(webhook, "PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(webhook, "TIMEOUT_S", 5.0)


def settings(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"notify": list(entries), "groups": {"team": ["ada", "grace"]}}


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["front", "back"]),
    ({"when": ["failed"]}, ["back"]),
    ({"when": ["healed"]}, []),
    ({"deployments": ["fr*"]}, ["front"]),
    ({"owners": ["team"]}, ["front"]),
    ({"owners": ["@BOB", "eve"]}, ["back"]),
    ({"owners": ["team"], "when": ["failed"]}, []),
]


@pytest.mark.parametrize(("entry", "names"), FILTERS)
def test_everyone_hears_what_they_want(
    entry: dict[str, Any], names: list[str], web: Any, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", web.url)
    send_all(settings({"to": "env:HOOK"} | entry), [GOOD, BAD], said[1])
    assert [name for _, name in web.events] == names
    assert not said[0]


def test_a_webhook_gets_signed_json_without_secrets(
    web: Any, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", web.url)
    key = base64.b64encode(b"0123456789abcdef0123").decode()
    monkeypatch.setenv("KEY", f"whsec_{key}")
    mask.remember("hunter2-hunter2")
    send_all(settings({"to": "env:HOOK", "secret": "env:KEY"}), [BAD], said[1])
    body, headers = web.bodies[0], web.headers[0]
    data = json.loads(body)
    assert data["type"] == "deployment.failed"
    assert data["data"]["message"].endswith("::error::x •••")
    assert data["data"]["owner"] == "bob" and data["data"]["commit"] == "c" * 40
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wished = hmac.new(b"0123456789abcdef0123", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(wished).decode()
    assert headers["content-type"] == "application/json"


ANSWERS: list[tuple[list[tuple[int, str]], int, str]] = [
    ([(200, "")], 1, ""),
    ([(503, ""), (429, ""), (204, "")], 3, ""),
    ([(500, ""), (500, ""), (500, "")], 3, "it answers 500"),
    ([(403, "")], 1, "it answers 403"),
    ([(302, "http://127.0.0.1:1/")], 1, "it answers 302"),
    ([(307, "/elsewhere")], 1, "it answers 307"),
]


@pytest.mark.parametrize(("answers", "times", "words"), ANSWERS)
def test_it_is_tried_again_where_that_helps_and_nobody_is_followed(
    answers: list[tuple[int, str]],
    times: int,
    words: str,
    web: Any,
    said: Said,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOK", web.url)
    web.answers = list(answers)
    send_all(settings({"to": "env:HOOK"}), [GOOD], said[1])
    assert len(web.bodies) == times
    assert [words in each and "team=a" not in each for each in said[0]] == [True] * bool(words)


REFUSED = {
    "http://127.0.0.1:1/": "begins with `https://`",
    "http://example.org/": "begins with `https://`",
    "https://127.0.0.1/": "network of this machine",
    "https://[::1]/": "network of this machine",
    "https://[::ffff:127.0.0.1]/": "network of this machine",
    "https://[2002:7f00:1::]/": "network of this machine",
    "https://2130706433/": "network of this machine",
    "https://0x7f.1/": "network of this machine",
    "https://0/": "network of this machine",
    "https://localhost/": "network of this machine",
    "https://10.0.0.1/": "network of this machine",
    "https://192.168.1.1:8443/": "network of this machine",
    "https://169.254.169.254/latest/meta-data": "network of this machine",
    "https://100.64.0.1/": "network of this machine",
    "https://[fe80::1]/": "network of this machine",
    "https://[fd00::1]/": "network of this machine",
    "https://224.0.0.1/": "network of this machine",
    "https://user@example.org/": "and no user",
    "https://a.invalid/": "cannot be looked up",
    "https://a:99999/": "begins with `https://`",
    "https:///path": "begins with `https://`",
    "ftp://example.org/": "begins with `https://`",
}


@pytest.mark.parametrize("address", REFUSED)
def test_the_own_network_is_not_reached(address: str) -> None:
    with pytest.raises(DeepcatError) as refused:
        webhook.post(address, GOOD, private=False)
    assert REFUSED[address] in refused.value.message
    assert refused.value.code in ("notify/address", "notify/failed")


def test_who_shows_no_good_certificate_is_told_nothing(
    web: Any, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", web.url.replace("http:", "https:"))
    send_all(settings({"to": "env:HOOK"}), [GOOD], said[1])
    assert not web.bodies
    assert "`127.0.0.1` was not told: SSLError" in said[0][0]


def test_who_answers_drop_by_drop_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "WHOLE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def drip() -> None:
            for _ in range(3):
                peer = server.accept()[0]
                peer.settimeout(0.05)
                with peer, suppress(OSError):
                    peer.sendall(b"HTTP/1.1 200 OK\r\n")
                    while not over.wait(0.05):
                        peer.sendall(b"x-y: z\r\n")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        with pytest.raises(DeepcatError, match="was not told"):
            webhook.post(f"http://127.0.0.1:{server.getsockname()[1]}/", GOOD)
        over.set()
        thread.join(5)


def test_people_get_one_letter_in_which_no_text_is_a_header(
    mail: Any, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL", mail.url)
    mask.remember("hunter2-hunter2")
    send_all(settings({"to": "env:MAIL"}), [BAD, GOOD], said[1])
    assert not said[0]
    assert len(mail.bodies) == 1
    message = email.message_from_bytes(mail.bodies[0], policy=email.policy.default)
    assert message["subject"] == "C: back failed and 1 more"
    assert message["bcc"] is None and message["to"] == "ops@example.org"
    text = message.get_body(("plain",)).get_content()
    assert "back (digits 1.0.0) failed on local: out Bcc: eve@example.org" in text
    assert "front (digits 1.0.0) is as wished on local" in text
    assert "hunter2" not in text and "\x1b" not in text


def test_what_cannot_be_sent_is_said_without_its_address_and_fails_nothing(
    web: Any, said: Said, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAIL", "mailto://user:hunter3-hunter3@127.0.0.1:1/?mode=insecure&to=a@b.cd")
    monkeypatch.setenv("ODD", "nothing://hunter4-hunter4")
    monkeypatch.setenv("HOOK", web.url)
    entries = [{"to": f"env:{name}"} for name in ("MAIL", "ODD", "NOT_THERE", "HOOK")]
    send_all(settings(*entries), [GOOD], said[1])
    assert [each.partition(":")[0] for each in said[0]] == [f"notify, entry {n}" for n in (1, 2, 3)]
    assert web.events == [("deployment.applied", "front")]
    seen = capfd.readouterr()
    assert "hunter" not in f"{said[0]}{seen.out}{seen.err}"


def test_a_line_and_a_letter_are_bounded() -> None:
    many = [BAD] * 70
    assert len(line(Notice(Event.FAILED, "a", message="x" * 9999))) == 500
    subject, text = letter(many)
    assert "and 69 more" in subject and text.endswith("… and 20 more\n")


def test_who_asks_for_nothing_is_told_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wanted({"notify": [{"to": "https://example.org/"}]})[0].when == frozenset(Event)
    assert wanted({}) == ()
