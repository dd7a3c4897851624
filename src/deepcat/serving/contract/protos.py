"""The messages of TensorFlow Serving's API, without TensorFlow's own start.

`tensorflow_serving.apis` needs `tensorflow.core.*_pb2`, and importing those runs `tensorflow`'s
`__init__`, which takes seconds. A bare package of the same name and place stands in for it here,
so that only the message modules are read.
"""

from __future__ import annotations

from deepcat.serving.contract.bare import bare_package

with bare_package():
    from tensorflow.core.example import example_pb2
    from tensorflow.core.framework import graph_pb2, op_def_pb2, tensor_pb2
    from tensorflow.core.protobuf import (
        config_pb2,
        meta_graph_pb2,
        rewriter_config_pb2,
        saved_model_pb2,
        tensor_bundle_pb2,
    )
    from tensorflow_serving.apis import (
        classification_pb2,
        get_model_metadata_pb2,
        get_model_status_pb2,
        inference_pb2,
        input_pb2,
        model_management_pb2,
        model_service_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_log_pb2,
        prediction_service_pb2,
        prediction_service_pb2_grpc,
        regression_pb2,
    )
    from tensorflow_serving.config import model_server_config_pb2

__all__ = [
    "classification_pb2",
    "config_pb2",
    "example_pb2",
    "get_model_metadata_pb2",
    "get_model_status_pb2",
    "graph_pb2",
    "inference_pb2",
    "input_pb2",
    "meta_graph_pb2",
    "model_management_pb2",
    "model_server_config_pb2",
    "model_service_pb2",
    "model_service_pb2_grpc",
    "op_def_pb2",
    "predict_pb2",
    "prediction_log_pb2",
    "prediction_service_pb2",
    "prediction_service_pb2_grpc",
    "regression_pb2",
    "rewriter_config_pb2",
    "saved_model_pb2",
    "tensor_bundle_pb2",
    "tensor_pb2",
]
