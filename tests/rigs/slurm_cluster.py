"""A real Slurm on this machine: its controller, two nodes with GPUs of two types, and accounts.

The GPUs are device files of no device. All that it is lies in one folder: also munge's socket, and
the data base of the accounts, so that several clusters can stand side by side.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from free_ports import free_ports
from waiting import until

_CONF = """\
ClusterName=deepcat
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/d-%n.pid
SlurmdSpoolDir={folder}/d-%n
StateSaveLocation={folder}/ctld
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/d-%n.log
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,bf_interval=1,defer=no
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
ReturnToService=2
SlurmdTimeout=10
MessageTimeout=4
KillWait=5
MinJobAge={age}
SlurmdParameters=config_overrides
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
MailProg=/bin/true
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
AccountingStorageType=accounting_storage/{accounting}
{limits}NodeName=DEFAULT CPUs=8 RealMemory=16000
NodeName=a NodeHostname={host} NodeAddr=127.0.0.1 Port={first} Gres=gpu:a100:2
NodeName=h NodeHostname={host} NodeAddr=127.0.0.1 Port={second} Gres=gpu:h100:4
PartitionName=gpu Nodes=a,h Default=YES MaxTime=1:00:00 DefaultTime=10 State=UP DefMemPerCPU=500
PartitionName=long Nodes=h MaxTime=2-00:00:00 DefaultTime=10 State=UP DefMemPerCPU=500
PartitionName=urgent Nodes=a,h PriorityTier=9 MaxTime=1:00:00 State=UP DefMemPerCPU=500
"""
_LIMITS = """\
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoragePass={folder}/munge.socket
AccountingStorageEnforce=associations,limits,qos
AccountingStorageTRES=gres/gpu
"""
_GRES = """\
NodeName=a Name=gpu Type=a100 File={folder}/dev/nvidia[0-1]
NodeName=h Name=gpu Type=h100 File={folder}/dev/nvidia[0-3]
"""
_DBD = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser=root
LogFile={folder}/dbd.log
PidFile={folder}/dbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={sql}
StorageUser=slurm
StoragePass=x
StorageLoc=slurm_acct_db
"""
_GRANTS = """\
create database slurm_acct_db;
create user slurm@'127.0.0.1' identified by 'x';
create user slurm@localhost identified by 'x';
grant all on slurm_acct_db.* to slurm@'127.0.0.1';
grant all on slurm_acct_db.* to slurm@localhost;
"""
_PORTS = ("ctld", "first", "second", "dbd", "sql")
_DAEMONS = ("d-a.pid", "d-h.pid", "ctld.pid", "dbd.pid", "sql.pid", "munge.pid")


class Cluster:
    """One cluster.

    Args:
        folder: an empty folder of its own, whose path is short enough for a socket.
        accounts: whether it counts use, and holds it to limits: takes a data base, and seconds.
    """

    def __init__(self, folder: Path, *, accounts: bool = False) -> None:
        self.folder = folder
        self.accounts = accounts
        self._sql: subprocess.Popen[bytes] | None = None
        self._ports: dict[str, int] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """What the commands take to find it."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def begin(self) -> None:
        """Start it, and wait until both nodes are idle."""
        self._ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self._write()
        self._munge()
        if self.accounts:
            self._accounts()
        for words in (["slurmctld", "-i", "-c"], ["slurmd", "-N", "a"], ["slurmd", "-N", "h"]):
            self._run(*words, "-f", str(self.folder / "slurm.conf"))
        until(lambda: len(self.says("sinfo", "-hN", "-t", "idle", "-p", "gpu").split("\n")) == 3)

    def says(self, *words: str) -> str:
        """What one of its commands says; empty when it fails."""
        done = subprocess.run(
            words, env={**os.environ, **self.environment}, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        return done.stdout if done.returncode == 0 else ""

    def jobs(self) -> list[str]:
        """Each job that is there now: its number, state, name and comment."""
        return self.says("squeue", "-ho", "%A %T %j %k").splitlines()

    def fail(self, node: str) -> None:
        """A node dies, with all that runs on it, and the controller notices."""
        name = f"d-{node}.pid"
        numbers = self.says("squeue", "-ho", "%A", "-w", node).split()
        self._signal(name, signal.SIGKILL)  # first, so that it tells nobody how they end
        for number in numbers:
            _end_steps(f"slurmstepd: [{number}.")
        self.says("scontrol", "update", f"nodename={node}", "state=down", "reason=died")

    def restore(self, node: str) -> None:
        """It is there again."""
        (self.folder / f"d-{node}.pid").unlink(missing_ok=True)
        self._run("slurmd", "-N", node, "-f", str(self.folder / "slurm.conf"))
        self.says("scontrol", "update", f"nodename={node}", "state=resume")

    def freeze(self) -> None:
        """Let its controller say nothing."""
        self._signal("ctld.pid", signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it speak again, and wait until it has heard of its nodes."""
        self._signal("ctld.pid", signal.SIGCONT)
        self._hear()

    def drain(self) -> None:
        """Let its nodes take nothing new."""
        self.says("scontrol", "update", "nodename=a,h", "state=drain", "reason=full")

    def resume(self) -> None:
        """Let them take something again, and wait until the controller has heard of them."""
        self.says("scontrol", "update", "nodename=a,h", "state=resume")
        self._hear()

    def _hear(self) -> None:
        until(lambda: "*" not in (self.says("sinfo", "-hN", "-o", "%t") or "*"), 90)

    def end(self) -> None:
        """End all of it."""
        self._signal("ctld.pid", signal.SIGCONT)
        if (self.folder / "ctld.pid").is_file():
            self.says("scancel", "--full", "--signal=KILL", "--state=RUNNING")
            self.says("scancel", "--state=PENDING")
            with suppress(AssertionError):
                until(lambda: not self.jobs(), 8.0)
        for name in _DAEMONS:
            self._signal(name, signal.SIGKILL)
        if self._sql is not None:
            self._sql.wait()

    def _write(self) -> None:
        for name in ("ctld", "dev"):
            (self.folder / name).mkdir()
        for number in range(4):
            os.mknod(self.folder / "dev" / f"nvidia{number}", 0o020666, os.makedev(1, 3))
        values: dict[str, object] = {
            "folder": self.folder,
            "host": socket.gethostname().partition(".")[0],
        }
        values |= self._ports
        # What the accounts know the queue soon forgets.
        values["age"] = 5 if self.accounts else 60
        limits = _LIMITS.format(**values) if self.accounts else ""
        accounting = "slurmdbd" if self.accounts else "none"
        conf = _CONF.format(**values, limits=limits, accounting=accounting)
        (self.folder / "slurm.conf").write_text(conf)
        (self.folder / "gres.conf").write_text(_GRES.format(**values))
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=autodetect\n")
        dbd = self.folder / "slurmdbd.conf"
        dbd.touch(0o600)
        dbd.write_text(_DBD.format(**values))

    def _munge(self) -> None:
        key = self.folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(128))
        names = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munge.pid"}
        names |= {"log-file": "munge.log", "seed-file": "munge.seed"}
        self._run("munged", "--force", *(f"--{k}={self.folder / v}" for k, v in names.items()))

    def _accounts(self) -> None:
        data, at = self.folder / "sql", f"--socket={self.folder / 'sql.socket'}"
        own = ("--no-defaults", "--user=root", f"--datadir={data}")
        quiet = ("--auth-root-authentication-method=normal", "--skip-test-db")
        self._run("mariadb-install-db", *own, *quiet)
        with (self.folder / "sql.log").open("wb") as log:
            self._sql = subprocess.Popen(
                ["mariadbd", *own, at, f"--port={self._ports['sql']}", "--bind-address=127.0.0.1",
                 "--innodb-flush-log-at-trx-commit=0", "--innodb-lock-wait-timeout=900"],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        (self.folder / "sql.pid").write_text(str(self._sql.pid))
        asks = ["mariadb", "--no-defaults", at, "-uroot"]
        until(lambda: _ends_well([*asks, "-e", "select 1"]))
        subprocess.run([*asks, "-e", _GRANTS], check=True)
        self._run("slurmdbd")
        until(lambda: _listens(self._ports["dbd"]))
        self._run("sacctmgr", "-i", "add", "cluster", "deepcat")
        self._run("sacctmgr", "-i", "add", "account", "lab")
        self._run("sacctmgr", "-i", "add", "user", "root", "account=lab")

    def _run(self, *words: str) -> None:
        more = {"SLURM_CONF": str(self.folder / "slurm.conf")}
        with (self.folder / "begun.log").open("ab") as log:
            subprocess.run(
                words, env={**os.environ, **more}, check=True, stdout=log, stderr=log, timeout=120
            )

    def _signal(self, name: str, what: signal.Signals) -> None:
        with suppress(OSError, ValueError):
            os.kill(int((self.folder / name).read_text()), what)


def _end_steps(begins: str) -> None:
    """End what keeps the steps of a job, which then tells nobody, and all that it has begun."""
    above: dict[int, int] = {}
    keepers: set[int] = set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            pid = int(path.name)
            above[pid] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if (path / "cmdline").read_bytes().decode("utf-8", "replace").startswith(begins):
                keepers.add(pid)
    mine = set(keepers)
    while more := {pid for pid, by in above.items() if by in mine} - mine:
        mine |= more
    for pid in (*keepers, *mine - keepers):
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _ends_well(words: list[str]) -> bool:
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
