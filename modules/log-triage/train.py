"""Learn to tell what a log line is about from generated lines, and save the model.

python train.py            train, print the metrics
python train.py --check    also compare them with module.yaml; exit status 1 when they differ
python train.py --write    also write model.tar.gz, its sha256 where it is named, and the samples
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from deepcat.training import Training

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


def save(model: tf.Module, folder: Path) -> None:
    """Write the SavedModel."""
    signatures = {"serving_default": model.predict, "classify": model.classify}
    tf.saved_model.save(model, str(folder), signatures)
    updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(str(folder))
    updater.replace_method_name("classify", "tensorflow/serving/classify", tags="serve")
    updater.save()


TRAINING = Training(
    Path(__file__).resolve().parent,
    __doc__,
    train,
    save,
    samples=samples,
)


if __name__ == "__main__":
    sys.exit(TRAINING.main())
