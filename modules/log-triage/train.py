"""Learn to tell what a log line is about from generated lines, and save the model.

python train.py            train, print the metrics
python train.py --check    also compare them with module.yaml; exit status 1 when they differ
python train.py --write    also write model.tar.gz, its sha256 where it is named, and the samples
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import yaml

HERE = Path(__file__).resolve().parent
SEED = 13
BUCKETS = 4096
TOPICS = ("disk", "login", "memory", "network")
# What a machine's log says of each topic; {} becomes a made-up name or number. The last three
# wordings of each topic are held out, so the measure is of wordings never seen.
WORDINGS = {
    "disk": (
        "I/O error on device {}, sector {}",
        "filesystem on {} is full",
        "no space left on device {} while writing block {}",
        "disk {} reports {} reallocated sectors",
        "smartd: device {} failed its self test",
        "mount of {} failed: bad superblock on the disk",
        "write to volume {} failed: no space left",
        "raid array {} is degraded, drive {} is missing",
        "quota of volume {} exceeded by {} blocks",
        "ext4 error on {}: unable to read inode {}",
        "drive {} sector {} could not be read",
        "volume {} is full, write of {} blocks failed",
        "disk {}: read error on block {}",
    ),
    "login": (
        "failed password for {} from port {}",
        "accepted publickey for user {} on port {}",
        "authentication failure for user {}, attempt {}",
        "session opened for user {} by uid {}",
        "invalid user {} tried to log in",
        "sudo: user {} is not in the sudoers file",
        "account {} locked after {} failed attempts",
        "session closed for user {}",
        "token of user {} expired, login refused",
        "two-factor code of user {} rejected",
        "user {} failed to log in: wrong password, attempt {}",
        "sshd: password of {} accepted, session {} opened",
        "login refused: account {} is locked",
    ),
    "memory": (
        "out of memory: killed process {} using {} kB",
        "process {} cannot allocate {} bytes of memory",
        "swap usage at {} percent",
        "memory cgroup of {} exceeded its limit of {} MB",
        "page allocation failure in {}, order {}",
        "heap of {} grew to {} MB",
        "oom killer invoked by {}",
        "java heap space exhausted in worker {}",
        "low memory: {} kB free, swapping",
        "corrected ECC error in memory bank {}",
        "{} was killed: out of memory, {} kB heap",
        "allocation of {} bytes failed in process {}, swap exhausted",
        "memory limit of {} MB reached, process {} killed",
    ),
    "network": (
        "connection to {} timed out after {} ms",
        "link down on interface {}",
        "link up on interface {} at {} Mbps",
        "dns lookup of {} failed",
        "no route to host {}",
        "packet loss of {} percent on {}",
        "connection reset by peer {} on port {}",
        "interface {} dropped {} packets",
        "dhcp lease of {} expired on interface {}",
        "tls handshake with host {} failed",
        "host {} unreachable: connection timed out",
        "interface {} is down, {} packets lost",
        "lookup of host {} timed out after {} ms",
    ),
}


class Triage(tf.Module):
    """Words and pairs of words, hashed; the mean of what each says for each topic."""

    def __init__(self) -> None:
        super().__init__()
        self.table = tf.Variable(tf.zeros([BUCKETS, len(TOPICS)]))
        self.topics = tf.constant(TOPICS)

    def logits(self, lines: tf.Tensor) -> tf.Tensor:
        """[n] lines as UTF-8 -> [n, 4], unscaled."""
        plain = tf.strings.regex_replace(tf.strings.lower(lines), r"[^a-z]+", " ")
        words = tf.strings.split(plain)
        terms = tf.concat([words, tf.strings.ngrams(words, 2)], axis=1)
        said = tf.nn.embedding_lookup_sparse(
            self.table,
            tf.strings.to_hash_bucket_fast(terms, BUCKETS).to_sparse(),
            sp_weights=None,
            combiner="sqrtn",
        )
        return tf.pad(said, [[0, tf.shape(lines)[0] - tf.shape(said)[0]], [0, 0]])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "lines")])
    def predict(self, lines: tf.Tensor) -> dict[str, tf.Tensor]:
        """The likeliest topic of each line and the probability of each topic."""
        probabilities = tf.nn.softmax(self.logits(lines))
        topic = tf.gather(self.topics, tf.argmax(probabilities, axis=1))
        return {"topic": topic, "probabilities": probabilities}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
    def classify(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Topics and probabilities of serialised `tf.Example`s with a feature `line`."""
        spec = {"line": tf.io.FixedLenFeature([], tf.string)}
        scores = tf.nn.softmax(self.logits(tf.io.parse_example(inputs, spec)["line"]))
        return {
            "classes": tf.tile(self.topics[tf.newaxis], [tf.shape(scores)[0], 1]),
            "scores": scores,
        }


def data(held_out: bool) -> tuple[list[str], np.ndarray]:
    """Generated lines and the numbers of their topics, each wording filled in ten times."""
    rng = np.random.default_rng(SEED + held_out)
    lines, topics = [], []
    for number, topic in enumerate(TOPICS):
        for wording in WORDINGS[topic][-3:] if held_out else WORDINGS[topic][:-3]:
            for _ in range(10):
                names = rng.choice(["sda", "eth", "web", "anna", "node", "db", "vol", "jan"], 2)
                filled = wording.format(*(f"{name}{rng.integers(1000)}" for name in names))
                stamp = f"{rng.integers(24):02}:{rng.integers(60):02} host{rng.integers(9)} "
                lines.append((stamp if rng.random() < 0.5 else "") + filled)
                topics.append(number)
    return lines, np.array(topics)


def train() -> tuple[Triage, dict[str, float]]:
    """Descend by gradient on the cross-entropy, with a little weight decay.

    Returns:
        The model, and metric name -> value on wordings that were never seen.
    """
    model = Triage()
    lines, topics = data(held_out=False)
    wanted = tf.one_hot(topics, len(TOPICS))

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            tape.watch(model.table)
            entropy = tf.nn.softmax_cross_entropy_with_logits(
                wanted, model.logits(tf.constant(lines))
            )
            loss = tf.reduce_mean(entropy) + 1e-3 * tf.nn.l2_loss(model.table)
        model.table.assign_sub(4.0 * tf.convert_to_tensor(tape.gradient(loss, model.table)))

    for _ in range(200):
        step()
    lines, topics = data(held_out=True)
    probabilities = model.predict(tf.constant(lines))["probabilities"].numpy()
    right = probabilities[np.arange(len(topics)), topics]
    return model, {
        "accuracy": float(np.mean(probabilities.argmax(axis=1) == topics)),
        "log_loss": float(-np.mean(np.log(right))),
    }


def samples(model: Triage) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Sample name -> request and response, as bodies of TensorFlow Serving's REST API."""
    lines = [
        "03:12 web4 write to volume vol7 failed: No space left on device",
        "user jan is not allowed to log in: wrong password",
        "接続 lost: interface eth0 is down",
    ]
    answer = model.predict(tf.constant(lines))
    rows = zip(answer["topic"].numpy(), answer["probabilities"].numpy(), strict=True)
    rows = [(topic.decode(), np.round(p.astype(float), 5).tolist()) for topic, p in rows]
    return {
        "three-lines": (
            {"instances": lines},
            {"predictions": [{"topic": t, "probabilities": p} for t, p in rows]},
        ),
        "classify": (
            {"signature_name": "classify", "examples": [{"line": lines[1]}]},
            {"results": [[list(pair) for pair in zip(TOPICS, rows[1][1], strict=True)]]},
        ),
    }


def archive(model: tf.Module) -> bytes:
    """The SavedModel as version 1 in a tar.gz that is the same for the same model."""
    with tempfile.TemporaryDirectory() as folder:
        signatures = {"serving_default": model.predict, "classify": model.classify}
        tf.saved_model.save(model, f"{folder}/1", signatures)
        updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(f"{folder}/1")
        updater.replace_method_name("classify", "tensorflow/serving/classify", tags="serve")
        updater.save()
        return pack(Path(folder))


def pack(folder: Path) -> bytes:
    """A folder as tar.gz: names sorted, no times or owners, without TensorFlow's random stamp."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != "fingerprint.pb":
                content = path.read_bytes()
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size, entry.mode = len(content), 0o644
                tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), 9, mtime=0)


def write(model: tf.Module) -> None:
    """Write the archive, its checksum where the module names it, and the samples."""
    content = archive(model)
    (HERE / "model.tar.gz").write_bytes(content)
    digest = f"sha256: {hashlib.sha256(content).hexdigest()}"
    for name in ("module.yaml", "tosca.yaml"):
        text = (HERE / name).read_text("utf-8")
        (HERE / name).write_text(re.sub(r"sha256: [0-9a-f]*", digest, text), "utf-8")
    (HERE / "samples").mkdir(exist_ok=True)
    for name, bodies in samples(model).items():
        for kind, body in zip(("request", "response"), bodies, strict=True):
            path = HERE / "samples" / f"{name}.{kind}.json"
            path.write_text(json.dumps(body) + "\n", "utf-8")


def differences(metrics: dict[str, float]) -> list[str]:
    """What module.yaml says otherwise than these metrics."""
    told = yaml.safe_load((HERE / "module.yaml").read_text("utf-8"))["metrics"]
    return [
        f"{m['name']}: module.yaml says {m['value']}, training gave {metrics.get(m['name'])}"
        for m in told
        if not np.isclose(metrics.get(m["name"], np.nan), m["value"], rtol=0, atol=0.02)
    ]


def main(arguments: list[str] | None = None) -> int:
    """Train, and do what the options ask."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="compare with module.yaml")
    parser.add_argument("--write", action="store_true", help="write the archive and the samples")
    options = parser.parse_args(arguments)
    model, metrics = train()
    print(json.dumps(metrics, indent=2))
    if options.write:
        write(model)
    found = differences(metrics) if options.check else []
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
