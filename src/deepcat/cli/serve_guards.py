"""The options of `deepcat serve` that say who may call, by which way, and how much."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.say import say
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.serving.server.settings import Guards, Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OPTIONS = (
    click.option("--keys", type=_FILE, help="The API keys that may call, by their hashes."),
    click.option(
        "--new-key",
        metavar="NAME",
        expose_value=False,
        is_eager=True,
        callback=lambda context, _, name: _new_key(context, name),
        help="Make an API key, print it and its lines for the file of keys, and end.",
    ),
    click.option("--oidc-issuer", metavar="URL", help="The OpenID provider whose tokens may call."),
    click.option("--oidc-audience", metavar="NAME", help="For whom tokens must be."),
    click.option(
        "--oidc-group",
        "oidc_groups",
        metavar="GROUP",
        multiple=True,
        help="A group whose members may call; by default anybody with a token. May be repeated.",
    ),
    click.option(
        "--oidc-groups-claim",
        default="groups",
        show_default=True,
        metavar="CLAIM",
        help="Where a token names groups.",
    ),
    click.option("--certificate", type=_FILE, help="The server's certificate with its chain, PEM."),
    click.option("--private-key", type=_FILE, help="The certificate's private key, PEM."),
    click.option(
        "--minimum-tls",
        type=click.Choice(("1.2", "1.3")),
        default="1.2",
        show_default=True,
        help="The oldest version of TLS that is spoken.",
    ),
    click.option("--client-ca", type=_FILE, help="Whose certificates clients must show, PEM."),
    click.option(
        "--caller-in-flight",
        type=click.IntRange(min=0),
        default=0,
        help="Requests that one caller may have under way; 0 for no bound.",
    ),
    click.option(
        "--caller-rate",
        type=click.FloatRange(min=0),
        default=0.0,
        help="Requests a second that one caller may ask; 0 for no bound.",
    ),
    click.option(
        "--insecure",
        is_flag=True,
        help="Listen beyond this machine although anybody there may call, or listen in.",
    ),
    click.option(
        "--max-waiting",
        type=click.IntRange(min=0),
        default=1024,
        show_default=True,
        help="Requests that may wait; more are refused at once.",
    ),
    click.option(
        "--max-waiting-each",
        type=click.IntRange(min=0),
        default=256,
        show_default=True,
        help="The same for each model.",
    ),
    click.option(
        "--rest-api-timeout-in-ms",
        "rest_timeout_ms",
        type=click.IntRange(min=0),
        default=30_000,
        show_default=True,
        help="In which a request by REST is answered; 0 for no bound.",
    ),
    click.option(
        "--grace-seconds",
        type=click.FloatRange(min=0),
        default=10.0,
        show_default=True,
        help="What requests under way have at the end.",
    ),
)


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it is called with `guard`, which puts them into settings."""

    @functools.wraps(command)
    def called(**words: Any) -> None:
        mine = {name: words.pop(name) for name in _NAMES}
        command(**words, guard=functools.partial(_settings, mine))

    for option in reversed(_OPTIONS):
        called = option(called)
    return called


_NAMES = (
    *("keys", "oidc_issuer", "oidc_audience", "oidc_groups", "oidc_groups_claim", "certificate"),
    *(
        "private_key",
        "minimum_tls",
        "client_ca",
        "caller_in_flight",
        "caller_rate",
        "insecure",
        "max_waiting",
    ),
    *("max_waiting_each", "rest_timeout_ms", "grace_seconds"),
)


def _settings(words: dict[str, Any], settings: Settings) -> Settings:
    guards = _guards(words)
    if not (is_loopback(settings.host) or guards.are_closed or words["insecure"]):
        raise UsageError(
            f"`{settings.host}` can be reached from elsewhere, and anybody there could call",
            hint="give --certificate and --private-key and one of --keys, --oidc-issuer and "
            "--client-ca, or say --insecure",
        )
    return replace(
        settings,
        guards=guards,
        queue=words["max_waiting"],
        queue_each=words["max_waiting_each"],
        rest_timeout_s=words["rest_timeout_ms"] / 1000,
        grace_s=words["grace_seconds"],
    )


def _guards(words: dict[str, Any]) -> Guards:
    from deepcat.serving.server.limits import FREE, Limits
    from deepcat.serving.server.settings import Guards
    from deepcat.serving.server.tls import Files, leave_out_1_2

    for word in ("oidc_issuer", "oidc_audience"):
        if words[word] == "":
            raise UsageError(f"--{word.replace('_', '-')} is empty", hint="is a variable unset?")

    def both(one: str, other: str) -> bool:
        if bool(words[one]) != bool(words[other]):
            names = (f"--{name.replace('_', '-')}" for name in (one, other))
            raise UsageError("{} and {} belong together".format(*names))
        return bool(words[one])

    files = trust = None
    if both("certificate", "private_key"):
        paths = words["certificate"], words["private_key"], words["client_ca"]
        files = Files(*paths, words["minimum_tls"])
        if files.minimum == "1.3":
            leave_out_1_2()
    elif words["client_ca"]:
        raise UsageError("--client-ca needs --certificate and --private-key")
    elif words["minimum_tls"] != "1.2":
        raise UsageError("--minimum-tls needs --certificate and --private-key")
    if both("oidc_issuer", "oidc_audience"):
        from deepcat.serving.server.oidc import Trust

        groups = frozenset(words["oidc_groups"])
        issuer, audience = words["oidc_issuer"], words["oidc_audience"]
        trust = Trust(issuer, audience, groups, words["oidc_groups_claim"])
    elif words["oidc_groups"]:
        raise UsageError("--oidc-group needs --oidc-issuer and --oidc-audience")
    limits = Limits(words["caller_in_flight"], words["caller_rate"])
    if limits != FREE and not (words["keys"] or trust or words["client_ca"]):
        raise UsageError(
            "--caller-rate and --caller-in-flight count callers, and nobody is told apart",
            hint="give one of --keys, --oidc-issuer and --client-ca",
        )
    return Guards(files, words["keys"], trust, limits)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _new_key(context: click.Context, name: str | None) -> None:
    if name is None:
        return
    from deepcat.serving.server.keys import new_key

    key, lines = new_key(name)
    say("# The key, which nobody can tell again: {}", key)
    for line in lines.splitlines():
        say("{}", line)
    context.exit()
