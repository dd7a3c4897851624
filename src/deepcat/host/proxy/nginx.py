"""The settings of nginx for a deployment. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from deepcat.host.proxy.values import GRPC, SAYS, Settings, Way, host_of

# Folders that nginx makes as it begins, and that only root could where it was built to have them.
_TEMPORARY = {
    "": "client_body",
    "proxy": "proxy",
    "fastcgi": "fastcgi",
    "uwsgi": "uwsgi",
    "scgi": "scgi",
}
_SERVER = """\
  server {{
{listen}
    server_name {name};
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {link};
    location = {says} {{ default_type text/plain; return 200 "{mark}"; }}
    location ~ "{method}" {{
      grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      grpc_pass grpc://127.0.0.1:{grpc};
    }}
    location / {{ proxy_pass http://127.0.0.1:{rest}; }}
  }}
"""
_FOLLOWED = """\
  map $realpath_root $rest { default 0; "~/(?<found>[0-9]+)-[0-9]+$" $found; }
  map $realpath_root $grpc { default 0; "~/[0-9]+-(?<found_too>[0-9]+)$" $found_too; }
"""
_ALL = """\
daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes 2;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  server_tokens off;
{temporary}
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:tls:2m;
  client_max_body_size 0;
  client_body_timeout 60s;
  client_header_timeout 15s;
  keepalive_timeout 300s;
  keepalive_requests 1000000;
  http2_max_concurrent_streams 1024;
  proxy_http_version 1.1;
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  proxy_read_timeout 3600s;
  proxy_send_timeout 3600s;
  grpc_read_timeout 3600s;
  grpc_send_timeout 3600s;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto https;
{maps}{servers}}}
"""


def text(
    settings: Settings,
    ways: Sequence[Way],
    mark: str,
    addresses: Sequence[str],
    without: Collection[str],
    *,
    follows: bool,
) -> str:
    """The file that it reads.

    Args:
        settings: of the cloud's file.
        ways: from its ports to servers.
        mark: that tells these settings from any other.
        addresses: to listen on.
        without: what this nginx was built without, such as ``http_uwsgi_module``.
        follows: whether it looks for each request where a link leads; else it must take this file
            anew when a server takes over.
    """
    temporary = [
        f"  {module or 'client_body'}_temp_path {folder}_temp;"
        for module, folder in _TEMPORARY.items()
        if f"http_{module}_module" not in without
    ]
    servers = [
        _SERVER.format(
            listen="\n".join(
                f"    listen {host_of(each)}:{way.port} ssl http2;" for each in addresses
            ),
            name=_quoted(settings.name),
            certificate=_quoted(settings.certificate),
            key=_quoted(settings.key),
            says=SAYS,
            mark=mark,
            method=GRPC,
            link=_quoted(way.link),
            rest="$rest" if follows else way.rest,
            grpc="$grpc" if follows else way.grpc,
        )
        for way in ways
    ]
    maps = _FOLLOWED if follows else ""
    return _ALL.format(temporary="\n".join(temporary), maps=maps, servers="".join(servers))


def _quoted(word: str) -> str:
    """A word in which nothing is looked up; one with a sign that ends it is not to be had."""
    if any(sign in word for sign in "\"'\\$;{}\n"):
        raise ValueError(f"{word!r} holds a sign that nginx takes otherwise")
    return f'"{word}"'
