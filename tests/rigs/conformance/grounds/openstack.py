"""A real OpenStack whose guests are hosts with sshd, reached as the guide says; beside it this one.

Each call goes through a wire of its own that can be spoilt, as can the guests' cables.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cluster.front import Front
from runtimes import runtimes
from ssh_hosts import Host
from stack.cloud import CARD, IMAGE, NETWORK, Stack
from stack.settings import HOST, REGION, SERVICES, url
from waiting import until

from conformance.grounds.here import Here
from deepcat.catalog.identity import identity
from deepcat.clouds.kinds.local.hosts import local_folder

_HOME = "home/deepcat"
_BASE = f"{_HOME}/.deepcat"
_NOTES = "/srv/notes"
# What an image that somebody made for us brings.
_BROUGHT = ("runtime", "agent")
_CLOCK = "SetEnv LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 FAKETIME=-1d\n"


class OpenStack(Here):
    """The first cloud is a project of the cloud, the second one this machine."""

    kind = "openstack"
    keeper = "deepcat/host/keeping"
    moments = slice(1, None, 2)

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        # Where it has sockets its path must be short.
        self._short = Path(tempfile.mkdtemp(prefix="dco-"))
        self.stack = Stack(self._short)
        self._fronts: dict[str, Front] = {}
        # What happens to guests besides as they come.
        self._befalls: Callable[[Host], None] = _nothing
        self.faults: Mapping[str, Callable[[Path, str], None]] = {
            **self.faults,
            "place deleted": self._take_server,
            "full": self._close_node,
            "disk full": lambda root, name: self._befall(self._fill_disk, root),
            "rubbish": lambda root, name: self._befall(lambda host: _spoil(host, root, name)),
            "deletion refused": self._lock_server,
            "silent": lambda root, name: self._wires(Front.cut),
            "cut": self._cut,
            "credentials refused": self._withdraw,
            "slow": lambda root, name: self._wires(Front.slow),
            "lies": lambda root, name: self._wires(Front.lie),
            "clock": lambda root, name: self._befall(lambda host: host.settings(_CLOCK)),
            "tunnel cut": lambda root, name: [each.hang_up() for each in self._guests(root)],
            "over quota": self._limit,
        }

    def folder(self, root: Path, cloud: str) -> Path:
        return local_folder(root)

    def place(self, root: Path, name: str, cloud: str = "first") -> Path:
        if cloud == "second":
            return super().place(root, name, cloud)
        (host,) = self._guests(root, name)
        return host.root / _BASE / identity(root) / name

    def clouds(self, root: Path) -> Mapping[str, Mapping[str, Any]]:
        if not self._fronts:
            self._begin()
        own = {
            "login": {"clouds": f"file:{self._login}", "cloud": "lab"},
            "image": {"name": IMAGE}, "network": NETWORK, "sources": ["0.0.0.0/0"],
            "public_key": self.stack.key.with_suffix(".pub").read_text().strip(),
            "identity": str(self.stack.key), "wait": 120,
        }  # fmt: skip
        return {
            "first": {"kind": "openstack", "openstack": own},
            "second": {"kind": "local", "price": 1},
        }

    def _begin(self) -> None:
        runtimes()  # it may take longer than any command is given
        self.stack.begin()
        self.stack.guests.prepares = self._prepare
        self._notes.mkdir(exist_ok=True)
        admin = self.stack.admin()
        # One shape does, so that each case tries one.
        admin.compute.delete_flavor(admin.compute.find_flavor(CARD))
        ports = self.stack.services.ports
        for name in ("keystone", *SERVICES):
            self._fronts[name] = Front(HOST, ports[name])
        for each in admin.identity.services():
            if each.name in self._fronts:
                self._stand_before(admin.identity, each)
        self._give_login()

    def _stand_before(self, service: Any, told: Any) -> None:
        """Have others called through the wire, and the services call each other without it."""
        (public,) = service.endpoints(service_id=told.id, interface="public")
        service.create_endpoint(
            service_id=told.id, interface="internal", region_id=REGION, url=public.url
        )
        direct = url(self.stack.services.ports, told.name)
        wired = f"http://{HOST}:{self._fronts[told.name].port}"
        service.update_endpoint(public, url=public.url.replace(direct, wired))

    @property
    def _login(self) -> Path:
        return self.scratch / "clouds.yaml"

    @property
    def _notes(self) -> Path:
        return self.scratch / "notes"

    @property
    def _image(self) -> Path:
        return self.scratch / "image"

    def _give_login(self) -> None:
        """Let deepcat call the cloud by a credential that is new."""
        ours = self.stack.ours()
        made = ours.identity.create_application_credential(
            ours.current_user_id, f"suite-{os.urandom(4).hex()}", roles=[{"name": "member"}]
        )
        self._given = made.id
        auth = {
            "auth_url": f"http://{HOST}:{self._fronts['keystone'].port}/v3",
            "application_credential_id": made.id, "application_credential_secret": made.secret,
        }  # fmt: skip
        told = {"auth_type": "v3applicationcredential", "auth": auth, "region_name": REGION}
        self._login.write_text(json.dumps({"clouds": {"lab": told}}))

    def _prepare(self, host: Host) -> None:
        """What the image brings, a share that all guests see, and what befalls them now."""
        disk = host.folder / "disk"
        into = disk / "root"
        lines = [f"mkdir -p {into}{_NOTES}", f"mount --bind {self._notes} {into}{_NOTES}"]
        if self._image.is_dir():
            up, work, base = disk / "image-up", disk / "image-work", into / _BASE
            how = f"lowerdir={self._image},upperdir={up},workdir={work}"
            lines += [
                f"mkdir -p {up} {work} {base}", f"mount -t overlay overlay -o {how} {base}",
                f"chown 4711:4711 {base}",
            ]  # fmt: skip
        # Its mounts, but this machine's root.
        words = ["nsenter", f"--target={host.pid}", "--mount", "sh", "-ec", "\n".join(lines)]
        subprocess.run(words, check=True, capture_output=True)
        self._befalls(host)

    def _guests(self, root: Path, name: str = "") -> list[Host]:
        """Those of a catalog, or of one deployment of it, by the names of their servers."""
        begins = f"deepcat-{identity(root)}-" + (f"{name}-" if name else "")
        guests = self.stack.guests if self._fronts else None
        own = list(guests.all.items()) if guests else []
        return [host for id_, host in own if guests and guests.names[id_].startswith(begins)]

    def _folders(self, root: Path) -> set[Path]:
        own = {host.root / _BASE / identity(root) for host in self._guests(root)}
        return own | {local_folder(root)}

    def _outside(self) -> list[Path]:
        here = super()._outside()
        guests = list(self.stack.guests.all.values()) if self._fronts else []
        return [host.root / str(path).lstrip("/") for host in guests for path in here]

    def there(self, root: Path) -> Mapping[str, list[str]]:
        """What runs on this machine and on guests, and what the cloud itself lists."""
        found = {name: list(things) for name, things in super().there(root).items()}
        for name, words in self._listed(root):
            found.setdefault(name, []).append(words)
        return found

    def _listed(self, root: Path) -> Iterator[tuple[str, str]]:
        if not self._fronts:
            return
        own, ours = identity(root), self.stack.ours()
        for each in ours.compute.servers():
            if each.metadata.get("deepcat.catalog") == own:
                yield each.metadata["deepcat.deployment"], f"the server {each.id}"
        network, project = ours.network, ours.current_project_id
        for what, whose in (
            (network.ips, {"project_id": project}),
            (network.ports, {"project_id": project}),
            (network.security_groups, {"project_id": project}),
            (ours.block_storage.volumes, {}),
        ):
            for each in what(**whose):
                mark, _, said = str(each.description).partition(" ")
                told = json.loads(said) if mark == "deepcat" else {}
                if told.get("catalog") == own:
                    yield told["deployment"], f"of the {what.__name__} {each.id}"

    def processes(self, root: Path) -> Iterator[tuple[int, str]]:
        yield from super().processes(root)
        mine = f".deepcat/{identity(root)}/"
        for host in self._guests(root):
            with suppress(OSError, IndexError):  # it may go meanwhile
                for pid, words in host.processes().items():
                    if mine in words:
                        yield pid, words

    def hold(self, root: Path, name: str) -> None:
        """Take an image of what one was given, which those that come are begun from."""
        if self._image.is_dir():
            return
        new = self.scratch / "image.new"
        new.mkdir()
        for each in _BROUGHT:
            source = self._guests(root, name)[0].root / _BASE / each
            subprocess.run(["cp", "-a", str(source), str(new)], check=True)
        new.rename(self._image)

    def notes(self) -> tuple[str, tuple[Path, ...]]:
        return _NOTES, (self._notes,)

    def clear(self, root: Path) -> None:
        super().clear(root)
        if self._fronts:
            self._take_server(root, "")
            ours = self.stack.ours()
            network, storage = ours.network, ours.block_storage
            for _, words in list(self._listed(root)):
                what, id_ = words.split()[-2:]
                ways = {
                    "ips": network.delete_ip, "ports": network.delete_port,
                    "security_groups": network.delete_security_group,
                    "volumes": storage.delete_volume,
                }  # fmt: skip
                ways[what](id_)

    def end(self) -> None:
        super().end()
        if self._fronts:
            for each in self._fronts.values():
                each.end()
        self.stack.end()
        shutil.rmtree(self._short, ignore_errors=True)

    def _servers(self, root: Path, name: str) -> list[Any]:
        own = {"deepcat.catalog": identity(root)} | ({"deepcat.deployment": name} if name else {})
        listed = self.stack.ours().compute.servers()
        return [each for each in listed if own.items() <= each.metadata.items()]

    def _take_server(self, root: Path, name: str) -> None:
        """Somebody deletes its server, whatever else was made for it."""
        compute = self.stack.admin().compute
        for each in self._servers(root, name):
            compute.delete_server(each.id)
        until(lambda: not self._servers(root, name) and not self._guests(root, name), pause_s=0.5)

    def _lock_server(self, root: Path, name: str) -> None:
        """Who runs the cloud locks its server, so that it cannot be taken away."""
        compute = self.stack.admin().compute
        for each in self._servers(root, name):
            compute.lock_server(each.id)
            self.undo.callback(compute.unlock_server, each.id)

    def _close_node(self, root: Path, name: str) -> None:
        """The one node takes nothing new."""
        compute = self.stack.admin().compute
        (node,) = compute.services(binary="nova-compute")
        compute.disable_service(node)
        self.undo.callback(compute.enable_service, node)

    def _limit(self, root: Path, name: str) -> None:
        """The project may have no server at all."""
        compute, project = self.stack.admin().compute, self.stack.ours().current_project_id
        before = compute.get_quota_set(project).instances
        compute.update_quota_set(project, instances=0)
        self.undo.callback(compute.update_quota_set, project, instances=before)

    def _wires(self, how: Callable[[Front], None]) -> None:
        """Something happens on the way to all services."""
        for each in self._fronts.values():
            how(each)
            self.undo.callback(each.mend)

    def _cut(self, root: Path, name: str) -> None:
        """Neither the services nor the guests are reached."""
        self._wires(Front.refuse)
        for each in self._guests(root):
            each.cut()
            self.undo.callback(_restore, each)

    def _withdraw(self, root: Path, name: str) -> None:
        """Our credential ends, and no guest knows our key any more."""
        ours = self.stack.ours()
        ours.identity.delete_application_credential(ours.current_user_id, self._given)
        self.undo.callback(self._give_login)
        for each in self._guests(root):
            keys = each.root / _HOME / ".ssh/authorized_keys"
            self.undo.callback(keys.write_bytes, keys.read_bytes())
            keys.write_bytes(b"")
            each.hang_up()

    def _befall(self, what: Callable[[Host], None], root: Path | None = None) -> None:
        """Let something happen to each guest that comes, or to those of a catalog, too."""
        self._befalls = what
        self.undo.callback(self._spare)
        for each in self._guests(root) if root else ():
            what(each)

    def _spare(self) -> None:
        self._befalls = _nothing

    def _fill_disk(self, host: Host) -> None:
        """There is no room for anything of ours."""
        how = "size=48k,uid=4711,mode=755"
        host.run(f"mkdir -p /{_BASE} && mount -t tmpfs -o {how} tmpfs /{_BASE}")


def _nothing(host: Host) -> None:
    """It comes as it is."""


def _restore(host: Host) -> None:
    """Put a cable back, if its host is there still."""
    with suppress(subprocess.CalledProcessError):
        host.restore()


def _spoil(host: Host, root: Path, name: str) -> None:
    """What is where its folder shall be is no folder."""
    path = f"/{_BASE}/{identity(root)}/{name}"
    host.run(f"mkdir -p {Path(path).parent} && echo rubbish >{path} && chown -R 4711 /{_BASE}/*")


GROUND = OpenStack
