"""A deployment's volume for data, on a real OpenStack and on real disks: by `make openstack`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stack.catalog import Catalog
from stack.cloud import CARD, SMALL, Stack
from stack.guests import Disks
from stack.lab import NOTHING, OWNER, cloud, means, quota, refusal
from waiting import until

from deepcat.clouds.kinds.openstack.first_mount import command
from deepcat.clouds.kinds.openstack.kind import KIND
from deepcat.host.failure import StepError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.starts("OpenStack", "hosts with sshd", "Ansible"),
    pytest.mark.system("mariadbd", "sshd", "ip", "nsenter", "losetup", "mkfs.ext4"),
    pytest.mark.timeout(2400),
    # The rig's own connections end with the process.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
Run = Callable[..., tuple[int, str]]
# One part, as a table at the end of a disk's first sector has it, and that sector's mark.
PARTS = r"\0\0\1\0\203\0\0\0\0\10\0\0\0\100\0\0" + r"\0" * 48 + r"\125\252"
ID = "5f3c1d2e-0000-4000-8000-00000000abcd"


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[Disks]:
    made = Disks(tmp_path)
    yield made
    made.end()


@pytest.fixture
def first_boot(tmp_path: Path) -> Run:
    """Runs the script as root in mounts of its own; gives its status, what it told, and `more`."""
    (tmp_path / "fstab").touch()
    (tmp_path / "at").mkdir()

    def run(more: str = "true") -> tuple[int, str]:
        told = tmp_path / "told"
        words = command(ID, str(tmp_path / "at"), "daemon", told=str(told), patience_s=0)
        before = f"mount --bind {tmp_path}/fstab /etc/fstab; "
        script = f'{before} "$@"; rc=$?; cd {tmp_path}/at; {more} && exit $rc'
        done = subprocess.run(
            ["unshare", "--mount", "bash", "-c", script, "bash", *words],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not done.stderr, done.stderr
        return done.returncode, told.read_text().strip()

    return run


def test_an_empty_disk_gets_a_file_system_and_keeps_what_is_written(
    disks: Disks, first_boot: Run, tmp_path: Path
) -> None:
    device = disks.give(ID)
    assert first_boot("echo kept >work; mountpoint -q .") == (0, "ok")
    found = subprocess.run(["blkid", "-p", device], capture_output=True, text=True, check=True)
    # The same again, as another server's first boot; and twice on the same one.
    again = "[ $(cat work) = kept ] && [ $(stat -c %U.%a .) = daemon.700 ]"
    assert first_boot(again) == (0, "ok")
    assert first_boot('"$@" && mountpoint -q .') == (0, "ok")
    assert len((tmp_path / "fstab").read_text().splitlines()) == 1
    after = subprocess.run(["blkid", "-p", device], capture_output=True, text=True, check=True)
    assert found.stdout == after.stdout


def test_a_disk_that_grew_has_its_file_system_grown(
    disks: Disks, first_boot: Run, tmp_path: Path
) -> None:
    device = disks.give(ID)
    assert first_boot("echo kept >work") == (0, "ok")
    subprocess.run(["truncate", "-s", "128M", tmp_path / f"volume-{ID}"], check=True)
    subprocess.run(["losetup", "--set-capacity", device], check=True)
    large = "[ $(df --output=size -m . | tail -1) -gt 100 ] && [ $(cat work) = kept ]"
    assert first_boot(large) == (0, "ok")


@pytest.mark.parametrize(
    ("fills", "says"),
    [
        (["mkswap"], "swap"),
        (["sh", "-c", f"printf '{PARTS}' | dd of=$0 bs=1 seek=446 conv=notrunc"], "parts"),
        (["mkfs.minix"], "minix"),
    ],
    ids=["swap", "parts", "minix"],
)
def test_what_holds_something_else_is_left_as_it_is(
    disks: Disks, first_boot: Run, fills: list[str], says: str
) -> None:
    device = disks.give(ID)
    subprocess.run([*fills, device], capture_output=True, check=True)
    before = Path(device).read_bytes()
    status, told = first_boot()
    assert (status, says in told) == (1, True), told
    assert Path(device).read_bytes() == before


def test_no_disk_comes(first_boot: Run) -> None:
    status, told = first_boot()
    assert (status, told) == (1, f"no disk has the serial {ID[:20]}")


def _volume(stack: Stack) -> Any:
    (found,) = stack.ours().block_storage.volumes()
    return found


def _host(stack: Stack) -> Any:
    (host,) = stack.guests.all.values()
    return host


def test_it_outlives_its_server_and_goes_with_the_deployment(stack: Stack, tmp_path: Path) -> None:
    own, given = cloud(stack, volume={"size": 20, "at": "/mnt/data"}), means(stack, tmp_path)
    at = (own, given, "demo", SMALL)
    ours: Any = stack.ours().compute
    kind: Any = KIND
    try:
        assert kind.make(*at, OWNER)
        first = _volume(stack)
        assert (first.size, first.status, first.is_bootable) == (20, "in-use", False)
        assert first.metadata["deepcat.deployment"] == "demo"
        assert [each["server_id"] for each in first.attachments] == [next(ours.servers()).id]
        assert _host(stack).run("stat -c %U /mnt/data") == "deepcat\n"
        _host(stack).run("echo kept >/mnt/data/work")
        # Put aside and back: mounted again.
        assert kind.rest(*at) and not kind.make(*at, OWNER)
        assert _host(stack).run("cat /mnt/data/work") == "kept\n"
        # Another flavour has to wait until this server lets go of it.
        with pytest.raises(StepError, match="held by the server") as caught:
            kind.make(own, given, "demo", CARD, OWNER)
        assert (caught.value.kind, caught.value.code) == ("module", "run/volume")
        assert _volume(stack).id == first.id
        # It is taken away by hand, and another one takes its place, with more room.
        ours.delete_server(next(ours.servers()))
        until(lambda: not stack.left()["servers"] and not stack.guests.all)
        larger = cloud(stack, volume={"size": 30, "at": "/mnt/data"})
        assert kind.make(larger, given, "demo", CARD, OWNER)
        assert _host(stack).run("cat /mnt/data/work") == "kept\n"
        assert (_volume(stack).id, _volume(stack).size) == (first.id, 30)
        assert kind.outlives(larger, given, "demo") == "a volume of 30 GB"
        # The server goes, and it stays for the next one, which may not ask for less.
        assert kind.unmake(larger, given, "demo", CARD, keeps=True)
        left = stack.left()
        assert [len(left[each]) for each in ("servers", "ports", "volumes")] == [0, 1, 1]
        found = {(each.name, each.shape, each.up) for each in kind.observe([own], given).found}
        # Of the server that was taken away by hand there is a port still.
        assert found == {("demo", shape, frozenset()) for shape in (SMALL, CARD)}
        with pytest.raises(StepError, match="none is made smaller") as caught:
            kind.make(*at, OWNER)
        assert (caught.value.kind, caught.value.code) == ("module", "run/volume")
        assert (_volume(stack).id, _volume(stack).size) == (first.id, 30)
    finally:
        assert kind.unmake(*at)
    assert stack.left() == NOTHING


def test_what_was_half_made_goes(stack: Stack, tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog", stack)
    catalog.begin(volume={"size": 10})
    with catalog.start("apply", "--yes") as process:
        until(lambda: stack.left()["volumes"] or process.poll() is not None)
        process.kill()
        said = process.stdout.read() if process.stdout else ""
    assert stack.left()["volumes"], said
    catalog.deepcat("destroy", "demo", "--yes")
    assert stack.left() == NOTHING


def test_there_is_no_volume_for_it(stack: Stack, tmp_path: Path) -> None:
    for limits in ({"volumes": 0}, {"gigabytes": 10}):
        with quota(stack, **limits):
            error = refusal(stack, tmp_path, volume={"size": 40})
        assert (error.kind, error.code) == ("quota", "run/quota"), error.message
    error = refusal(stack, tmp_path, volume={"size": 40, "type": "none"})
    assert error.kind == "cloud" and "none" in error.message


def test_it_is_in_error(stack: Stack, tmp_path: Path) -> None:
    own, given = cloud(stack, volume={"size": 10}), means(stack, tmp_path)
    kind: Any = KIND
    admin = stack.admin().block_storage
    try:
        assert kind.make(own, given, "demo", SMALL, OWNER)
        assert kind.unmake(own, given, "demo", SMALL, keeps=True)
        admin.reset_volume_status(_volume(stack).id, status="error")
        with pytest.raises(StepError, match="its volume is in error") as caught:
            kind.make(own, given, "demo", SMALL, OWNER)
        assert (caught.value.kind, caught.value.code) == ("module", "run/build")
        assert len(stack.left()["volumes"]) == 1, "what lies there is not given up"
    finally:
        kind.unmake(own, given, "demo", SMALL)
    assert stack.left() == NOTHING
