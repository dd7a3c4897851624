"""The services as processes: a database, a queue, and what OpenStack is made of."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from free_ports import free_ports

from stack import settings
from stack.installed import HERE, cache, environment
from stack.settings import DATABASES, HOST, PASSWORD, PORTS, REGION, SERVICES, url

_STARTS_S = 300.0
_WSGI = {
    "keystone": "deepcat_login", "placement": "placement.wsgi.api",
    "glance": "glance.wsgi.api", "nova": "nova.wsgi.osapi_compute",
    "neutron": "neutron.wsgi.api", "cinder": "cinder.wsgi.api",
}  # fmt: skip
# Who makes a service's tables.
_TABLES = (
    ("keystone-manage", "keystone/keystone.conf", "db_sync"),
    ("placement-manage", "placement/placement.conf", "db sync"),
    ("glance-manage", "glance/glance-api.conf", "db_sync"),
    ("neutron-db-manage", "neutron/neutron.conf", "upgrade head"),
    ("cinder-manage", "cinder/cinder.conf", "db sync"),
    ("nova-manage", "nova/nova.conf", "api_db sync"),
    ("nova-manage", "nova/nova.conf", "cell_v2 map_cell0 --database_connection {cell0}"),
    ("nova-manage", "nova/nova.conf", "db sync"),
    ("nova-manage", "nova/nova.conf", "cell_v2 create_cell --name cell1"),
)
_WORKERS = (
    ("nova-conductor", "nova/nova.conf"),
    ("nova-scheduler", "nova/nova.conf"),
    ("nova-compute", "nova/nova.conf"),
    ("cinder-scheduler", "cinder/cinder.conf"),
    ("cinder-volume", "cinder/cinder.conf"),
)


@dataclass
class Services:
    """All of them; what they keep lies in one folder.

    Args:
        folder: an empty folder of their own; its path must be short, for a socket lies there.
    """

    folder: Path
    ports: dict[str, int] = field(init=False)
    _running: dict[str, subprocess.Popen[bytes]] = field(init=False, default_factory=dict)

    def begin(self) -> None:
        """Start all; what they were given once is taken from the cache."""
        self._environment = environment()
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        for name in ("log", "settings", "images", "state", "lock", "guests", "queue"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._write()
        self._database()
        self._queue()
        seed = self._seed_of()
        if (seed / "ready").is_file():
            self._restore(seed)
            self._api("keystone")
        else:
            self._seed()
            self._keep(seed)
        for name in SERVICES:
            self._api(name)
        self._listens("queue")
        for program, config in _WORKERS:
            self.start(program, str(self._bin / program), "--config-file", str(self._at(config)))
        for name in SERVICES:
            self._listens(name)
        self._discover()

    def end(self) -> None:
        """Stop all, the last one first."""
        for name in reversed(list(self._running)):
            self.stop(name)

    def start(self, name: str, *words: str, **own: str) -> None:
        """Start a program, by its name from then on."""
        with (self.folder / "log" / name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**self._variables, **own}, start_new_session=True,
            )  # fmt: skip

    def stop(self, name: str) -> None:
        """End a program and all that it started."""
        process = self._running.pop(name)
        is_asked = name in ("database", "queue")
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM if is_asked else signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def freeze(self, name: str) -> None:
        """Let a program do nothing until it is thawed."""
        os.killpg(self._running[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a program go on."""
        os.killpg(self._running[name].pid, signal.SIGCONT)

    def again(self, name: str) -> None:
        """Start a worker that was stopped."""
        config = dict(_WORKERS)[name]
        self.start(name, str(self._bin / name), "--config-file", str(self._at(config)))

    @property
    def guests(self) -> Path:
        """The folder where servers are files; see `driver/deepcat_stack.py`."""
        return self.folder / "guests"

    @property
    def issuer(self) -> Path:
        """The file that names the provider whose tokens let in; see `driver/deepcat_login.py`."""
        return self.folder / "issuer"

    def log(self, name: str) -> str:
        """The end of what a program has said."""
        return (self.folder / "log" / name).read_text(errors="replace")[-6000:]

    @property
    def _bin(self) -> Path:
        return self._environment / "bin"

    def _at(self, path: str) -> Path:
        return self.folder / "settings" / path

    @property
    def _variables(self) -> dict[str, str]:
        kept = ("PATH", "HOME", "LANG")
        own = {name: os.environ[name] for name in kept if name in os.environ}
        driver = self.folder / "driver"
        own |= {
            "PYTHONPATH": str(driver), "PYTHONWARNINGS": "ignore",
            "DEEPCAT_STACK_GUESTS": str(self.guests), "DEEPCAT_STACK_ISSUER": str(self.issuer),
            "PATH": f"{self._bin}:{own.get('PATH', '')}",
        }  # fmt: skip
        for name in _WSGI:
            own[f"OS_{name.upper()}_CONFIG_DIR"] = str(self._at(name))
        return own | {"OS_NEUTRON_CONFIG_FILES": "neutron.conf"}

    def _write(self) -> None:
        texts = settings.files(self.ports, self.folder, self._environment / "etc")
        for path, text in texts.items():
            self._at(path).parent.mkdir(parents=True, exist_ok=True)
            self._at(path).write_text(text)
        # Neutron finds what binds ports by an entry point alone.
        driver = self.folder / "driver"
        shutil.copytree(HERE / "driver", driver)
        about = driver / "deepcat_stack-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: deepcat-stack\nVersion: 1\n")
        point = "[neutron.ml2.mechanism_drivers]\ndeepcat_stack = deepcat_switch:Binding\n"
        (about / "entry_points.txt").write_text(point)

    def _database(self) -> None:
        data, at = self.folder / "data", str(self._socket)
        if not (data / "mysql").is_dir():
            self._run(
                "mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}",
                "--auth-root-authentication-method=normal", "--skip-test-db",
            )  # fmt: skip
        # In a folder that two share, the one that begins deletes what the other one works with.
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        self.start(
            "database", "mariadbd", "--no-defaults", "--user=root", f"--datadir={data}",
            f"--tmpdir={scratch}",
            f"--socket={at}", f"--port={self.ports['database']}", f"--bind-address={HOST}",
            "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync",
            "--skip-log-bin", "--max-connections=500", "--innodb-buffer-pool-size=256M",
        )  # fmt: skip
        self._listens("database")
        lines = [f"create database if not exists {name} character set utf8mb3;"
                 for name in DATABASES]  # fmt: skip
        for host in (HOST, "localhost"):
            lines.append(f"create user if not exists stack@'{host}' identified by '{PASSWORD}';")
            lines.append(f"grant all on *.* to stack@'{host}';")
        self._sql("\n".join(lines))

    @property
    def _socket(self) -> Path:
        return self.folder / "sql"

    def _sql(self, text: str) -> None:
        self._run("mariadb", "--no-defaults", "-S", str(self._socket), "-uroot", given=text)

    def _queue(self) -> None:
        kept = self.folder / "queue"
        # What tells Erlang's nodes of each other would outlive the queue that begins it.
        at = str(self.ports["names"])
        self.start("names", "epmd", "-address", HOST, "-port", at)
        self._listens("names")
        lines = f"listeners.tcp.1 = {HOST}:{self.ports['queue']}\nloopback_users = none\n"
        (kept / "rabbitmq.conf").write_text(lines)
        loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        self.start(
            "queue", "/usr/lib/rabbitmq/bin/rabbitmq-server", HOME=str(kept),
            RABBITMQ_NODENAME=f"stack{os.getpid()}@localhost",
            RABBITMQ_CONFIG_FILE=str(kept / "rabbitmq"), RABBITMQ_MNESIA_BASE=str(kept / "mnesia"),
            RABBITMQ_LOG_BASE=str(kept), RABBITMQ_ENABLED_PLUGINS_FILE=str(kept / "plugins"),
            RABBITMQ_DIST_PORT=str(self.ports["nodes"]), ERL_EPMD_ADDRESS=HOST, ERL_EPMD_PORT=at,
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=loopback,
        )  # fmt: skip

    def _api(self, name: str) -> None:
        # Of all services this one looks for its settings by its words alone.
        own = f"--config-file={self._at('cinder/cinder.conf')}" if name == "cinder" else ""
        self.start(
            name, str(self._bin / "uwsgi"), "--http-socket", f"{HOST}:{self.ports[name]}",
            "--module", _WSGI[name], "--callable", "application", "--processes", "1",
            "--threads", "4", "--enable-threads", "--die-on-term", "--master",
            "--buffer-size", "65535", "--disable-logging", "--add-header", "Connection: close",
            *(("--pyargv", own) if own else ()),
        )  # fmt: skip

    @staticmethod
    def _seed_of() -> Path:
        """Where what they begin with is kept, by what it is made from."""
        made_from = b"".join((HERE / each).read_bytes() for each in ("services.py", "settings.py"))
        return cache() / f"seed-{hashlib.sha256(made_from).hexdigest()[:16]}"

    def _seed(self) -> None:
        for part in ("fernet_setup", "credential_setup"):
            own = ("--keystone-user", "root", "--keystone-group", "root")
            self._manage("keystone-manage", "keystone/keystone.conf", part, *own)
        for program, config, words in _TABLES:
            cell0 = settings.database(self.ports, "nova_cell0")
            self._manage(program, config, *(each.format(cell0=cell0) for each in words.split()))
        at = f"{url(self.ports, 'keystone')}/v3"
        self._manage(
            "keystone-manage", "keystone/keystone.conf", "bootstrap",
            "--bootstrap-password", PASSWORD, "--bootstrap-region-id", REGION,
            "--bootstrap-public-url", at, "--bootstrap-internal-url", at,
        )  # fmt: skip
        self._api("keystone")
        self._listens("keystone")
        cloud = self.connect()
        identity = cloud.identity
        project = identity.create_project(name="service", domain_id="default")
        admin = identity.find_role("admin")
        service = identity.find_role("service") or identity.create_role(name="service")
        for name, (kind, path) in SERVICES.items():
            user = identity.create_user(name=name, password=PASSWORD, domain_id="default")
            identity.assign_project_role_to_user(project, user, admin)
            identity.assign_project_role_to_user(project, user, service)
            made = identity.create_service(name=name, type=kind)
            identity.create_endpoint(
                service_id=made.id, interface="public", region_id=REGION,
                url=f"{url(self.ports, name)}{path}",
            )  # fmt: skip

    def _keep(self, seed: Path) -> None:
        shutil.rmtree(seed, ignore_errors=True)
        seed.mkdir()
        text = self._run(
            "mariadb-dump", "--no-defaults", "-S", str(self._socket), "-uroot",
            "--databases", *DATABASES,
        )  # fmt: skip
        (seed / "dump.sql").write_text(text)
        (seed / "ports.json").write_text(json.dumps(self.ports))
        for name in ("fernet", "credential"):
            shutil.copytree(self._at(f"keystone/{name}"), seed / name)
        (seed / "ready").touch()

    def _restore(self, seed: Path) -> None:
        old = {
            str(port): name for name, port in json.loads((seed / "ports.json").read_text()).items()
        }
        text = re.sub(
            rf"(?<={re.escape(HOST)}:)({'|'.join(old)})\b",
            lambda found: str(self.ports[old[found[1]]]), (seed / "dump.sql").read_text(),
        )  # fmt: skip
        self._sql(text)
        for name in ("fernet", "credential"):
            shutil.copytree(seed / name, self._at(f"keystone/{name}"))

    def _manage(self, program: str, config: str, *words: str) -> str:
        own = ("--config-file", str(self._at(config)))
        return self._run(str(self._bin / program), *own, *words)

    def _run(self, *words: str, given: str = "") -> str:
        done = subprocess.run(
            words, input=given, capture_output=True, text=True, check=False, env=self._variables
        )
        assert done.returncode == 0, f"{words[:4]}: {(done.stdout + done.stderr)[-6000:]}"
        return done.stdout

    def _listens(self, name: str) -> None:
        until = time.monotonic() + _STARTS_S
        while True:
            with suppress(OSError), socket.create_connection((HOST, self.ports[name]), 1):
                return
            process = self._running[name]
            assert process.poll() is None and time.monotonic() < until, self.log(name)
            time.sleep(0.1)

    def _discover(self) -> None:
        """Wait until the scheduler knows the one compute node."""
        cloud, until = self.connect(), time.monotonic() + _STARTS_S
        while not any(each.binary == "nova-compute" and each.state == "up"
                      for each in _tried(cloud.compute.services)):  # fmt: skip
            assert time.monotonic() < until, self.log("nova-compute")
            time.sleep(0.5)
        self._manage("nova-manage", "nova/nova.conf", "cell_v2", "discover_hosts")
        while not _tried(cloud.compute.hypervisors):
            assert time.monotonic() < until, self.log("nova-compute")
            time.sleep(0.5)

    def login(self, user: str = "admin", project: str = "admin") -> dict[str, str]:
        """Who calls, as `clouds.yaml` has it under `auth`."""
        return {
            "auth_url": f"{url(self.ports, 'keystone')}/v3", "username": user,
            "password": PASSWORD, "project_name": project, "user_domain_name": "Default",
            "project_domain_name": "Default",
        }  # fmt: skip

    def connect(self, user: str = "admin", project: str = "admin") -> Any:
        """A connection of openstacksdk."""
        import openstack

        return openstack.connect(auth=self.login(user, project), region_name=REGION)


def _tried(ask: Callable[[], Iterable[Any]]) -> list[Any]:
    """What is listed; nothing while the service is not up yet."""
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import SDKException

    try:
        return list(ask())
    except (ClientException, SDKException):
        return []
