"""The parts of a machine, and the jobs that need them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a machine has or lacks.

    Attributes:
        name: as `Job.needs` calls it.
        found: what there is, in words; empty when it is lacking.
        hint: how to get it, where it is lacking or could be better.
    """

    name: str
    found: str
    hint: str = ""

    @property
    def is_there(self) -> bool:
        """Whether the machine has it."""
        return bool(self.found)


@dataclass(frozen=True, slots=True)
class Job:
    """Something that deepcat does on a machine.

    Attributes:
        name: of the job.
        does: what it is, in a few words.
        commands: that do it, without `deepcat`.
        needs: names of parts.
    """

    name: str
    does: str
    commands: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the catalog in this folder asks of this machine.

    Attributes:
        deploys: whether it holds deployments.
        here: whether one of them may run on this machine.
        unknown: kinds of cloud that no package brings, where a deployment has no other place.
        unboxed: whether its owners do without a box.
        policies: whether it has rules of its own.
        rclone: whether its store of models is reached by that program.
        clouds: its clouds, by name -> why one does not answer, where they were asked; else empty.
    """

    deploys: bool = False
    here: bool = False
    unknown: tuple[str, ...] = ()
    unboxed: bool = False
    policies: bool = False
    rclone: bool = False
    clouds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One job on this machine.

    Attributes:
        job: which.
        lacks: names of the parts that it needs and that are not there.
        is_needed: whether the catalog in this folder needs it here.
    """

    job: Job
    lacks: tuple[str, ...]
    is_needed: bool


JOBS = (
    Job(
        "check",
        "say what is wrong in a catalog",
        ("check", "topology", "export", "render", "data"),
        ("python",),
    ),
    Job("begin", "begin and bring in modules", ("new", "import"), ("python", "git")),
    Job("fetch", "bring in modules from repositories", ("import",), ("git", "box")),
    Job(
        "plan",
        "say what would change, and why",
        ("plan", "match", "clouds"),
        ("git", "kinds of cloud"),
    ),
    Job(
        "records",
        "read what runs and what happened",
        ("status", "logs", "locks", "records", "metrics", "trainings"),
        ("git", "repository"),
    ),
    Job(
        "apply",
        "bring deployments up and down",
        ("apply", "destroy", "adopt", "rollback", "sweep", "train", "retry", "resume", "stop"),
        ("git", "repository", "ansible", "kinds of cloud"),
    ),
    Job(
        "run here",
        "run deployments on this machine",
        ("apply",),
        ("loopback", "supervisord", "tensorflow", "box", "disk"),
    ),
    Job("runtime", "build what hosts without deepcat are given", ("runtime",), ("disk",)),
    Job("predict", "ask what runs, also by gRPC", ("predict",), ("git", "repository", "grpc")),
    Job(
        "develop",
        "work in JupyterLab beside a module",
        ("develop",),
        ("git", "repository", "ansible", "loopback", "supervisord", "box", "disk"),
    ),
    Job("reach", "go to where it runs", ("tunnel", "ssh"), ("git", "repository", "kinds of cloud")),
    Job("serve", "serve models without a catalog", ("serve",), ("loopback", "tensorflow", "grpc")),
    Job(
        "review",
        "try the models of a pull request",
        ("ci pr", "ci samples"),
        ("git", "repository", "tensorflow", "box"),
    ),
    Job(
        "propose",
        "propose what a training made, and train again",
        ("propose", "reproduce", "ci reproduce", "store"),
        ("git", "repository", "tensorflow", "box"),
    ),
    Job(
        "store",
        "keep models on a WebDAV server, in Swift or S3",
        ("propose", "store"),
        ("git", "repository", "rclone"),
    ),
    Job("forge", "answer on GitHub", ("ci comment", "ci merge", "ci watch"), ("git", "github")),
    Job("policies", "hold a catalog's own rules", ("check", "ci pr"), ("policy readers",)),
    Job("notify", "tell people of what happens", ("apply --notify", "ci watch"), ("apprise",)),
    Job("site", "build the website and show it", ("site",), ("mkdocs", "loopback")),
    Job("sign", "sign and verify records and yeses", ("records sign",), ("git", "ssh-keygen")),
    Job(
        "demo",
        "the whole path on this machine",
        ("demo",),
        ("git", "repository", "loopback", "ansible", "supervisord", "tensorflow", "mkdocs", "disk"),
    ),
)


def verdicts(parts: Iterable[Part], wanted: Wanted | None) -> tuple[Verdict, ...]:
    """Whether each job can be done here.

    Args:
        parts: of the machine.
        wanted: by the catalog in this folder; None where there is none.
    """
    there = {each.name for each in parts if each.is_there}
    needed = _needed(wanted) if wanted is not None else frozenset()
    return tuple(
        Verdict(job, tuple(name for name in job.needs if name not in there), job.name in needed)
        for job in JOBS
    )


def _needed(wanted: Wanted) -> frozenset[str]:
    asked = {
        "plan": wanted.deploys,
        "records": wanted.deploys,
        "apply": wanted.deploys,
        "run here": wanted.here,
        "policies": wanted.policies,
        "store": wanted.rclone,
    }
    return frozenset({"check"} | {name for name, is_asked in asked.items() if is_asked})


def lacking(found: Iterable[Verdict], wanted: Wanted | None = None) -> tuple[str, ...]:
    """The parts that a job lacks which the catalog needs here, each once; and silent clouds."""
    names = [name for each in found if each.is_needed for name in each.lacks]
    clouds = wanted.clouds if wanted else {}
    silent = [cloud_part(name) for name, why in clouds.items() if why]
    return tuple(dict.fromkeys([*names, *silent]))


def cloud_part(name: str) -> str:
    """How the part is called that a cloud is."""
    return f"cloud {name}"
