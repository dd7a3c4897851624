"""Models that reach beyond themselves, made with TensorFlow as their authors would: all refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.judging.operations import dangers, harmless
from deepcat.catalog.reading.graph import operations

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")
raw = tf.raw_ops
CANARY = "/tmp/deepcat-canary"
TEXT = tf.string
ATTACKS: dict[str, Callable[[Any], Any]] = {
    # Files.
    "WriteFile": lambda x: raw.WriteFile(filename=CANARY, contents=x),
    "ReadFile": lambda x: raw.ReadFile(filename=x),
    "MatchingFiles": lambda x: raw.MatchingFiles(pattern=x),
    "SaveV2": lambda x: raw.SaveV2(prefix=CANARY, tensor_names=["a"], shape_and_slices=[""], tensors=[x]),
    "Save": lambda x: raw.Save(filename=CANARY, tensor_names=["a"], data=[x]),
    "SaveSlices": lambda x: raw.SaveSlices(filename=CANARY, tensor_names=["a"], shapes_and_slices=[""], data=[x]),
    "RestoreV2": lambda x: raw.RestoreV2(prefix=x, tensor_names=["a"], shape_and_slices=[""], dtypes=[TEXT])[0],
    "Restore": lambda x: raw.Restore(file_pattern=x, tensor_name="a", dt=TEXT),
    "RestoreSlice": lambda x: raw.RestoreSlice(file_pattern=x, tensor_name="a", shape_and_slice="", dt=TEXT),
    "MergeV2Checkpoints": lambda x: raw.MergeV2Checkpoints(checkpoint_prefixes=[x], destination_prefix=CANARY),
    "ImmutableConst": lambda x: raw.ImmutableConst(dtype=tf.float32, shape=[1], memory_region_name=CANARY),
    "LoadAndRemapMatrix": lambda x: raw.LoadAndRemapMatrix(
        ckpt_path=x, old_tensor_name="a", row_remapping=tf.constant([0], tf.int64),
        col_remapping=tf.constant([0], tf.int64), initializing_values=[0.0], num_rows=1, num_cols=1),
    "GenerateVocabRemapping": lambda x: raw.GenerateVocabRemapping(
        new_vocab_file=x, old_vocab_file=x, new_vocab_offset=0, num_new_vocab=1).num_present,
    "FixedUnigramCandidateSampler": lambda x: raw.FixedUnigramCandidateSampler(
        true_classes=tf.constant([[0]], tf.int64), num_true=1, num_sampled=1, unique=True, range_max=1,
        vocab_file=CANARY).sampled_candidates,
    "DecodeProtoV2": lambda x: raw.DecodeProtoV2(
        bytes=[x], message_type="a", field_names=[], output_types=[], descriptor_source=CANARY).sizes,
    "EncodeProto": lambda x: raw.EncodeProto(
        sizes=[[1]], values=[[[x]]], field_names=["a"], message_type="a", descriptor_source=CANARY),
    "InitializeTableFromTextFileV2": lambda x: raw.InitializeTableFromTextFileV2(
        table_handle=raw.HashTableV2(key_dtype=TEXT, value_dtype=tf.int64), filename=x, key_index=-2, value_index=-1),
    "TextLineReaderV2": lambda x: raw.TextLineReaderV2(),
    "WholeFileReaderV2": lambda x: raw.WholeFileReaderV2(),
    "TFRecordReaderV2": lambda x: raw.TFRecordReaderV2(),
    "FixedLengthRecordReaderV2": lambda x: raw.FixedLengthRecordReaderV2(record_bytes=1),
    "IdentityReaderV2": lambda x: raw.IdentityReaderV2(),
    "LMDBReader": lambda x: raw.LMDBReader(),
    "RecordInput": lambda x: raw.RecordInput(file_pattern=CANARY),
    "TextLineDataset": lambda x: raw.TextLineDataset(filenames=[x], compression_type="", buffer_size=tf.constant(0, tf.int64)),
    "TFRecordDataset": lambda x: raw.TFRecordDataset(filenames=[x], compression_type="", buffer_size=tf.constant(0, tf.int64)),
    "FixedLengthRecordDatasetV2": lambda x: raw.FixedLengthRecordDatasetV2(
        filenames=[x], header_bytes=tf.constant(0, tf.int64), record_bytes=tf.constant(1, tf.int64),
        footer_bytes=tf.constant(0, tf.int64), buffer_size=tf.constant(0, tf.int64), compression_type=""),
    "MatchingFilesDataset": lambda x: raw.MatchingFilesDataset(patterns=[x]),
    "LMDBDataset": lambda x: raw.LMDBDataset(filenames=[x], output_types=[TEXT, TEXT], output_shapes=[[], []]),
    "SqlDataset": lambda x: raw.SqlDataset(
        driver_name="sqlite", data_source_name=x, query="q", output_types=[TEXT], output_shapes=[[]]),
    "CacheDataset": lambda x: raw.CacheDataset(
        input_dataset=raw.TensorDataset(components=[x], output_shapes=[[]]), filename=CANARY, output_types=[TEXT],
        output_shapes=[[]]),
    "SaveDataset": lambda x: raw.SaveDataset(
        input_dataset=raw.TensorDataset(components=[x], output_shapes=[[]]), path=CANARY, shard_func_other_args=[],
        shard_func=tf.function(lambda y: tf.constant(0, tf.int64)).get_concrete_function(tf.TensorSpec([], TEXT)),
        use_shard_func=False),
    "ShardedFilename": lambda x: raw.ShardedFilename(basename=x, shard=0, num_shards=1),
    # Python.
    "EagerPyFunc": lambda x: tf.py_function(lambda y: y, [x], TEXT),
    "PyFunc": lambda x: tf.compat.v1.py_func(lambda y: y, [x], TEXT),
    "PyFuncStateless": lambda x: tf.numpy_function(lambda y: y, [x], TEXT, stateful=False),
    # Other processes.
    "RemoteCall": lambda x: raw.RemoteCall(
        target=x, args=[x], Tout=[TEXT],
        f=tf.function(lambda y: y).get_concrete_function(tf.TensorSpec([], TEXT)))[0],
    "CollectiveGather": lambda x: raw.CollectiveGather(
        input=[1.0], group_size=1, group_key=1, instance_key=1, shape=[1]),
    "DataServiceDatasetV2": lambda x: raw.DataServiceDatasetV2(
        dataset_id=tf.constant(0, tf.int64), processing_mode=x, address=x, protocol=x, job_name=x,
        consumer_index=tf.constant(0, tf.int64), num_consumers=tf.constant(0, tf.int64),
        max_outstanding_requests=tf.constant(0, tf.int64),
        iteration_counter=raw.DummyIterationCounter(), output_types=[TEXT], output_shapes=[[]]),
    # What a debugger reads, and what fills a log.
    "PrintV2": lambda x: raw.PrintV2(input=x, output_stream=f"file://{CANARY}"),
    "Print": lambda x: raw.Print(input=x, data=[x]),
    "DebugIdentityV2": lambda x: raw.DebugIdentityV2(input=x, debug_urls=[f"file://{CANARY}"]),
    "DebugIdentity": lambda x: raw.DebugIdentity(input=x, debug_urls=[f"grpc://{CANARY}"]),
    "DebugNumericSummary": lambda x: raw.DebugNumericSummary(input=[1.0]),
    "DebugNanCount": lambda x: raw.DebugNanCount(input=[1.0]),
    "CreateSummaryFileWriter": lambda x: raw.CreateSummaryFileWriter(
        writer=raw.SummaryWriter(), logdir=x, max_queue=1, flush_millis=1, filename_suffix=""),
    "CreateSummaryDbWriter": lambda x: raw.CreateSummaryDbWriter(
        writer=raw.SummaryWriter(), db_uri=x, experiment_name="", run_name="", user_name=""),
    "Timestamp": lambda x: raw.Timestamp(),
    # What keeps a server from answering.
    "Abort": lambda x: raw.Abort(error_msg="gone"),
    "FIFOQueueV2": lambda x: raw.FIFOQueueV2(component_types=[TEXT]),
    "Barrier": lambda x: raw.Barrier(component_types=[TEXT]),
    "MutexV2": lambda x: raw.MutexV2(),
    "Stage": lambda x: raw.Stage(values=[x]),
    "MapStage": lambda x: raw.MapStage(key=tf.constant(0, tf.int64), indices=[0], values=[x], dtypes=[TEXT]),
    # What other sessions of the process keep.
    "GetSessionHandle": lambda x: raw.GetSessionHandle(value=x),
    "GetSessionTensor": lambda x: raw.GetSessionTensor(handle=x, dtype=TEXT),
    "DeleteSessionTensor": lambda x: raw.DeleteSessionTensor(handle=x),
    "OneShotIterator": lambda x: raw.OneShotIterator(
        dataset_factory=tf.function(lambda: raw.TensorDataset(components=["x"], output_shapes=[[]]))
        .get_concrete_function(), output_types=[TEXT], output_shapes=[[]]),
    "IteratorV2": lambda x: raw.IteratorV2(shared_name="", container="", output_types=[TEXT], output_shapes=[[]]),
    "BatchFunction": lambda x: raw.BatchFunction(
        in_tensors=[[x]], captured_tensors=[], num_batch_threads=1, max_batch_size=1, batch_timeout_micros=1,
        Tout=[TEXT], f=tf.function(lambda y: y).get_concrete_function(tf.TensorSpec([None], TEXT)))[0],
    "ComposedFunctions": lambda x: tf.while_loop(
        lambda i: i < 1, lambda i: tf.cond(i < 1, lambda: beside(i, x), lambda: i), [0])[0],
}  # fmt: skip
# The operation that is to be named, where the attack has another name.
NAMED = {"ComposedFunctions": "WriteFile"}


def beside(value: Any, text: Any) -> Any:
    with tf.control_dependencies([raw.WriteFile(filename=CANARY, contents=text)]):
        return value + 1


class Attack(tf.Module):  # type: ignore[misc]
    """A model that answers its input, and does something beside it."""

    def __init__(self, act: Callable[[Any], Any]) -> None:
        super().__init__()
        self.act = act

    @tf.function(input_signature=[tf.TensorSpec([], tf.string, name="x")])  # type: ignore[misc]
    def answer(self, x: Any) -> dict[str, Any]:
        done = self.act(x)
        with tf.control_dependencies([done] if done is not None else []):
            return {"y": tf.identity(x)}


@pytest.fixture(autouse=True)
def eager_is_quiet() -> Iterator[None]:
    yield
    assert not Path(CANARY).exists(), "making a model must not run it"


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_the_operation_is_named(attack: str, tmp_path: Path) -> None:
    model = Attack(ATTACKS[attack])
    tf.saved_model.save(model, str(tmp_path), signatures={"serving_default": model.answer})
    found = {each.name: why for each, why in dangers(saved(tmp_path), ())}
    assert NAMED.get(attack, attack) in found
    assert list(dangers(saved(tmp_path), tuple(found))) == []


def saved(folder: Path) -> Any:
    return operations((folder / "saved_model.pb").read_bytes())


def test_there_are_enough_of_them() -> None:
    assert len(ATTACKS) >= 60
    assert not harmless() & {NAMED.get(name, name) for name in ATTACKS}
