"""What each command prints by `--json`: the keys at the top, which later versions keep."""

from __future__ import annotations

# command -> what it is, its keys; of a list, those of each row.
SHAPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "adopt": ("an object", (
        "name", "module", "version", "cloud", "shape", "endpoints", "samples", "found", "recorded",
    )),
    "apply": ("an object", ("plan", "outcomes")),
    "check": ("an object, `deepcat-check/v1`", ("format", "errors", "hints", "findings")),
    "clouds": ("an object, `deepcat-clouds/v1`", ("format", "currency", "clouds", "left_out")),
    "clouds orphans": ("an object, `deepcat-orphans/v1`", (
        "format", "orphans", "copies", "unknown", "unseen", "records_are_lost",
    )),
    "clouds probe": ("an object, `deepcat-cloud/v1`", (
        "format", "name", "kind", "currency", "seconds", "answered", "takes", "conformance",
        "offers", "probe",
    )),
    "data check": ("an object, `deepcat-data/v1`", ("format", "datasets")),
    "data gc": ("an object, `deepcat-data/v1`", ("format", "gone")),
    "data list": ("an object, `deepcat-data/v1`", ("format", "datasets")),
    "data pull": ("an object, `deepcat-data/v1`", ("format", "name", "path", "sent")),
    "data show": ("an object, `deepcat-data/v1`", (
        "format", "name", "title", "address", "how", "digest", "bytes", "files", "license", "doi",
        "maintainers", "modules", "deployments",
    )),
    "data where": ("an object, `deepcat-data/v1`", ("format", "kept")),
    "destroy": ("an object", ("outcomes",)),
    "doctor": ("an object, `deepcat-doctor/v1`", (
        "format", "catalog", "parts", "jobs", "lacking",
    )),
    "export": ("the metadata, in the format that `--to` names", ()),
    "import": ("an object, `deepcat-import/v1`; of several sources `deepcat-imports/v1`, with how "
               "many came to what, and such an object of each under `sources`", (
        "format", "source", "state", "why", "hint", "code", "name", "path", "generation", "commit",
        "lost", "written", "errors", "hints", "findings", "module",
    )),
    "locks": ("a list", (
        "deployment", "action", "run", "since", "holder", "is_here", "lives", "seen", "until",
    )),
    "logs": ("an object, `deepcat-logs/v1`", ("format", "name", "lines")),
    "match": ("an object, as `match.schema.json` says", ()),
    "metrics": ("an object, `deepcat-metrics/v1`", ("format", "families")),
    "plan": ("an object, as `plan.schema.json` says", ()),
    "predict": ("the answer, as the model server gives it", ()),
    "records log": ("a list", ("commit", "at", "author", "subject", "body", "facts")),
    "records show": ("the record, `deepcat-record/v1`: empty keys are left out", (
        "format", "name", "status",
    )),
    "records verify": ("an object, `deepcat-check/v1`", ("format", "errors", "hints", "findings")),
    "propose": ("an object, `deepcat-proposal/v1`", (
        "format", "training", "deployment", "module", "state", "before", "version", "address",
        "why", "draft", "metrics", "changed_samples", "body", "statement", "crate",
    )),
    "reproduce": ("a list", (
        "module", "version", "verdict", "at", "seconds", "commit", "training", "hardware",
        "metrics", "samples", "differing",
    )),
    "rollback": ("an object, `deepcat-rollback/v1`", (
        "format", "deployment", "file", "module", "before", "version", "module_commit", "written",
        "plan",
    )),
    "runtime build": ("an object, `deepcat-runtime/v1`", ("format", "archives")),
    "runtime list": ("an object, `deepcat-runtime/v1`", ("format", "archives")),
    "runtime push": ("an object, `deepcat-push/v1`", (
        "format", "reference", "digest", "sbom", "sent", "parts",
    )),
    "serve": ("with `--check`, an object, `deepcat-check/v1`", (
        "format", "errors", "hints", "findings",
    )),
    "status": ("a list", (
        "name", "status", "module", "version", "commit", "module_commit", "module_is_gone",
        "cloud", "shape", "endpoints", "private", "out_of_reach", "away", "waits", "samples",
        "forms", "outputs", "owner", "expires", "is_job", "ended", "exit_status", "updated", "run",
        "log", "intent", "failures", "trainings",
    )),
    "store sweep": ("an object, `deepcat-swept/v1`", ("format", "swept", "dry_run")),
    "develop open": (
        "an object on the first line, `deepcat-develop/v1`; it goes on until it is ended",
        ("format", "name", "address", "stops_at"),
    ),
    "tunnel": ("an object on the first line, `deepcat-tunnel/v1`; it goes on until it is ended", (
        "format", "name", "endpoints", "models",
    )),
    "sweep": ("an object; with `--dry-run` the `bound` of all, and no `best`", (
        "format", "sweep", "metric", "trials", "best",
    )),
    "train": ("an object; with `--dry-run` the plan", ("deployment", "trainings", "outcomes")),
    "retry": ("an object", ("deployment", "trainings", "outcomes")),
    "resume": ("an object", ("deployment", "trainings", "outcomes")),
    "stop": ("an object", ("deployment", "trainings", "outcomes")),
    "trainings": ("an object, `deepcat-trainings/v1`", ("format", "trainings", "best")),
    "topology": ("an object: the normal form, with `workloads`", (
        "format", "path", "version", "description", "inputs", "nodes", "edges", "outputs",
        "policies", "workloads",
    )),
}  # fmt: skip
