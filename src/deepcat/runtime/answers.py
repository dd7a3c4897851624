"""What a registry answers, and the error that it stands for. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.plain import plain
from deepcat.runtime.logins import Login
from deepcat.runtime.reference import Reference

MOST_SAID = 4 * 2**20
_SAID = 300
_FULL = re.compile(r"no space|disk (is )?full|quota|insufficient storage", re.I)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registry says.

    Attributes:
        status: of HTTP.
        headers: by their names in small letters.
        content: at most 4 MiB of it.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def words(self) -> str:
        """What it has against a request, as plain text; empty where it tells nothing."""
        try:
            told = read_json(self.content, MOST_SAID)["errors"]
            found = [f"{each.get('code', '')} {each.get('message', '')}" for each in told]
            found += [json.dumps(each["detail"]) for each in told if each.get("detail")]
            return plain("; ".join(found))[:_SAID].strip()
        except (ValueError, TypeError, KeyError, AttributeError):
            return ""


def refusal(where: Reference, what: str, answer: Answer, login: Login | None) -> DeepcatError:
    """The error that an answer stands for."""
    words = f": {answer.words}" if answer.words else ""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return unknown(where, login, answer)
    if _FULL.search(answer.words) or answer.status in (413, 507):
        code, hint = "registry/full", "make room there, or ask its owners for more"
    elif answer.status == HTTPStatus.FORBIDDEN:
        code = "registry/forbidden"
        hint = f"ask its owners for the right to push to `{where.name}`"
    elif answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        code = "registry/read-only"
        hint = "it takes nothing now, or never: ask its owners, or name another registry"
    elif answer.status == HTTPStatus.NOT_FOUND:
        code, hint = "registry/name", "correct the name; some registries want it made beforehand"
    else:
        return failed(where, what, f"it answers {answer.status}{words}")
    return DeepcatError(
        f"{what} to `{where.host}` failed: it answers {answer.status}{words}", hint=hint, code=code
    )


def unknown(where: Reference, login: Login | None, answer: Answer) -> DeepcatError:
    """The error for who a registry does not know, or does not let in."""
    words = f": {answer.words}" if answer.words else ""
    if login is None:
        return DeepcatError(
            f"`{where.host}` asks who pushes to `{where.name}`{words}",
            hint=f"`podman login {where.host}` once, or name a secret `USER:PASSWORD` by `--login`",
            code="registry/login",
        )
    return DeepcatError(
        f"`{where.host}` does not let the login from {login.place} push to `{where.name}`{words}",
        hint="log in anew, or ask the registry's owners for the right to push there",
        code="registry/login",
    )


def failed(where: Reference, what: str, why: str) -> DeepcatError:
    """The error for what no registry should say."""
    return DeepcatError(
        f"{what}: `{where.host}` does not do as registries do: {why}",
        hint="run the same command again later: what is there already is not sent again",
        code="registry/failed",
    )


def unreachable(where: Reference, error: OSError) -> DeepcatError:
    """The error for a way that broke."""
    why = plain(str(error) or type(error).__name__)
    return DeepcatError(
        f"`{where.host}` is not reached, or breaks off: {why}",
        hint="see that it runs and speaks TLS; what is there already is not sent again",
        code="registry/unreachable",
    )
