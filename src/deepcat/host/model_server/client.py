"""A small REST client for TensorFlow Serving's API, on the standard library alone."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

TURNED_AWAY = "serving/access"
# `ssl.VERIFY_X509_PARTIAL_CHAIN`, which an older Python does not name.
_PARTIAL_CHAIN = 0x80000
METHODS = ("predict", "classify", "regress")


class AskError(Exception):
    """A server could not be asked, or answered with an error.

    Args:
        message: what is wrong, one sentence.
        hint: how to mend it, one sentence.
        code: stable, such as ``serving/unreachable``.
    """

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


class Client:
    """Speaks with one server; it opens a connection for each call and may be shared by threads.

    What is raised is of the class `error`, which a subclass may name anew.

    Proxies from the environment are not used, so that a loopback address is always reached.

    Args:
        base_url: such as ``http://127.0.0.1:8501``; a path before ``/v1`` is kept.
        timeout_s: seconds that one call may wait for the server.
        trust: certificates of authorities, as PEM, that count besides those that this machine has.
        only: a server's own certificate, as PEM, that alone counts, whatever name it bears.
        key: an API key, or a token, that each call shows; empty for none.

    Raises:
        AskError: `base_url` is not an http or https address (``serving/address``).
    """

    error: ClassVar[type[Exception]] = AskError
    _error: ClassVar[Callable[..., Exception]] = AskError

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = 30.0,
        trust: str = "",
        only: str = "",
        key: str = "",
    ) -> None:
        parts = urlsplit(base_url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
            raise self._error(
                f"`{base_url}` is not the address of a server",
                hint="give one such as http://127.0.0.1:8501",
                code="serving/address",
            )
        self.base_url = base_url.rstrip("/")
        self.timeout_s = timeout_s
        self._secure = parts.scheme == "https"
        self._trust = trust
        self._only = only
        self._key = key
        self._by: ssl.SSLContext | None = None
        self._host = parts.hostname
        self._port = port
        self._prefix = parts.path.rstrip("/")

    def status(self, model: str, version: int | None = None) -> dict[str, Any]:
        """The model's versions and their states, as TensorFlow Serving words them.

        Raises:
            AskError: no answer (``serving/unreachable``) or an error as the answer
                (``serving/refused``), for instance when there is no such model.
        """
        return self._ask("GET", _path(model, version))

    def available(self, model: str, version: int | None = None) -> bool:
        """Whether a version of the model answers now; never raises."""
        try:
            answer = self.status(model, version)
        except self.error:
            return False
        states = answer.get("model_version_status", [])
        return any(state.get("state") == "AVAILABLE" for state in states)

    def metadata(self, model: str, version: int | None = None) -> dict[str, Any]:
        """The model's signatures.

        Raises:
            AskError: as `status`.
        """
        return self._ask("GET", f"{_path(model, version)}/metadata")

    def call(
        self, model: str, method: str, body: Mapping[str, Any], version: int | None = None
    ) -> dict[str, Any]:
        """Post `body` to ``:predict``, ``:classify`` or ``:regress`` and give the answer.

        Raises:
            AskError: as `status`, or `method` is none of the three (``serving/method``).
        """
        if method not in METHODS:
            raise self._error(
                f"`{method}` is no method of a model",
                hint=f"use one of {', '.join(METHODS)}",
                code="serving/method",
            )
        return self._ask("POST", f"{_path(model, version)}:{method}", json.dumps(body).encode())

    def _ask(self, verb: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = self._connection()
        try:
            connection.request(verb, self._prefix + path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()
        return self._read(response.status, content)

    def _connection(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self.timeout_s)
        try:
            self._by = self._by or trusting(self._trust, self._only)
        except ssl.SSLError as error:
            raise self._unreachable(error) from error
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self.timeout_s, context=self._by
        )

    def _unreachable(self, error: Exception) -> Exception:
        reason = str(error) or type(error).__name__
        is_strange = isinstance(error, ssl.SSLError)
        return self._error(
            f"no answer from {self.base_url}: {reason}",
            hint="see its certificate, and the authorities in its cloud's `trust`"
            if is_strange
            else "see whether the server runs and its port is open",
            code="serving/unreachable",
        )

    def _read(self, status: int, content: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if status == http.client.OK and isinstance(answer, dict):
            return answer
        reason = answer.get("error") if isinstance(answer, dict) else None
        # What a model's own graph may not do is an answer of its, and no 401.
        if status == http.client.UNAUTHORIZED:
            raise self._error(
                f"{self.base_url} lets nobody in without a key that counts: {reason or status}",
                hint="show a key or token that may call; its file says whose do",
                code=TURNED_AWAY,
            )
        raise self._error(
            f"{self.base_url} answered with {status}: {reason or 'no JSON object'}",
            hint="compare the request with the model's signature",
            code="serving/refused",
        )


def turns_away(client: Client, model: str) -> bool:
    """Whether a server does not answer this client, for it lacks a key."""
    try:
        client.status(model)
    except client.error as error:
        return getattr(error, "code", "") == TURNED_AWAY
    return False


def trusting(authorities: str, only: str = "") -> ssl.SSLContext:
    """What takes a server's certificate by this machine's authorities and by some more, as PEM.

    Args:
        authorities: more.
        only: a server's own, as PEM, in the place of all authorities; its name is not looked at.

    Raises:
        ssl.SSLError: they cannot be read.
    """
    if only:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= _PARTIAL_CHAIN
        context.load_verify_locations(cadata=only)
        return context
    context = ssl.create_default_context()
    if authorities:
        context.load_verify_locations(cadata=authorities)
    return context


def _path(model: str, version: int | None) -> str:
    name = f"/v1/models/{quote(model, safe='')}"
    return name if version is None else f"{name}/versions/{version}"
