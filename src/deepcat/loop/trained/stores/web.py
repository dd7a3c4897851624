"""EDGE: a forge's interfaces for large files, asked by HTTP.

Our login goes to the forge alone, by TLS; what the forge lets us do elsewhere has a way in of its
own. Files are sent and read piece by piece.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.loop.trained.stores.seam import CHUNK, Place, failed
from deepcat.plain import plain
from deepcat.secrets.mask import remember
from deepcat.secrets.resolve import resolve

_TIMEOUT_S = 120.0
_MOST_SAID = 1 << 24
_PLAIN = re.compile(r"[!-~]+")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
# With a token any name will do; this is what GitHub's own is called.
_ANYBODY = "x-access-token"


class Web:
    """One forge.

    Args:
        place: the store, with who we are there.
        root: the address below which we say who we are.
        as_nobody: whether we do not say it even there, as hosts and readers do not.

    Raises:
        DeepcatError: the secret cannot be had (``secret/…``).
    """

    def __init__(self, place: Place, root: str, *, as_nobody: bool = False) -> None:
        self._place, self._root = place, root
        self._opener = urllib.request.build_opener(_OnlyHttps)
        self._login, self._who = "", " to somebody without a log-in"
        if as_nobody:
            return
        user = resolve(place.key) if place.key else _ANYBODY
        login = base64.b64encode(f"{user}:{resolve(place.secret)}".encode()).decode()
        remember(login)
        self._login, self._who = f"Basic {login}", ""

    def said(
        self,
        method: str,
        url: str,
        given: Any = None,
        kind: str = "application/json",
        more: Mapping[str, str] | None = None,
    ) -> Any:
        """What it answers, as JSON; None where there is no such thing.

        Args:
            method: of HTTP.
            url: below the root.
            given: is sent as JSON; nothing where it is None.
            kind: of both.
            more: headers that go along, before ours where they are the same.

        Raises:
            DeepcatError: it does not do it (``store/failed``).
        """
        content = None if given is None else json.dumps(given).encode()
        headers = {"Accept": kind} | ({} if content is None else {"Content-Type": kind})
        headers |= more or {}
        with self._asked(method, url, headers, content, nowhere=True) as answer:
            content = answer.read(_MOST_SAID) if answer else b""
        try:
            return read_json(content, _MOST_SAID) if content else None
        except ValueError:
            raise failed(self._place, f"`{url}` answers with what is no JSON") from None

    def send(self, method: str, url: str, headers: Mapping[str, str], file: Path) -> bytes:
        """Send a file; gives what is answered."""
        with file.open("rb") as stream:
            own = {"Content-Type": "application/octet-stream", **headers}
            # Gitea asks for it in pieces, whose length nobody says.
            if "transfer-encoding" not in map(str.lower, own):
                own["Content-Length"] = str(file.stat().st_size)
            with self._asked(method, url, own, stream) as answer:
                return bytes(answer.read(_MOST_SAID))

    def read(self, url: str, headers: Mapping[str, str]) -> Iterator[bytes]:
        """What lies there, piece by piece."""
        with self._asked("GET", url, headers) as answer:
            while chunk := answer.read(CHUNK):
                yield chunk

    @contextmanager
    def _asked(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: Any = None,
        *,
        nowhere: bool = False,
    ) -> Iterator[Any]:
        if not _PLAIN.fullmatch(url) or urlsplit(url).scheme != "https":
            raise failed(self._place, f"it leads to `{plain(url)[:200]}`, no https address")
        request = urllib.request.Request(url, content, method=method)  # noqa: S310 - seen above
        for name, value in {"User-Agent": "deepcat", **headers}.items():
            if not _HEADER.fullmatch(name) or not str(value).isprintable():
                raise failed(self._place, "it asks for a header that is none")
            request.add_unredirected_header(name, str(value))
        is_ours = self._login and url.startswith(f"{self._root}/")
        if is_ours and not request.has_header("Authorization"):
            request.add_unredirected_header("Authorization", self._login)
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as answer:
                yield answer
        except urllib.error.HTTPError as error:
            with error:
                if nowhere and error.code == 404:
                    yield None
                    return
                raise self._refusal(method, url, error) from None
        except (OSError, HTTPException) as error:
            raise failed(self._place, getattr(error, "reason", None) or error) from None

    def _refusal(self, method: str, url: str, error: urllib.error.HTTPError) -> DeepcatError:
        try:
            told = read_json(error.read(1 << 16), 1 << 16)
        except (OSError, ValueError, HTTPException):
            told = None
        words = told.get("message") if isinstance(told, Mapping) else ""
        said = f": {plain(str(words))[:200]}" if words else ""
        words = f"{method} {urlsplit(url).path} is answered {error.code}{self._who}{said}"
        return failed(self._place, words)


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> urllib.request.Request | None:
        if urlsplit(str(args[-1])).scheme != "https":
            raise OSError("it leads on to what is no https address")
        return super().redirect_request(*args)
