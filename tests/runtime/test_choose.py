"""Which files of the packages of a server go to a host."""

import pytest

from deepcat.runtime.choose import chosen

OPENED = (
    "tensorflow/libtensorflow_cc.so.2",
    "tensorflow/core/__init__.py",
    "numpy/tests/used.py",
    "ai_edge_litert/interpreter.py",
    "ai_edge_litert/libLiteRt.so",
)


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        ("tensorflow/libtensorflow_cc.so.2", True),
        ("tensorflow/core/__init__.py", True),
        ("tensorflow/python/framework/ops.py", False),
        ("tensorflow/core/framework/tensor_pb2.py", True),
        ("tensorflow/core/framework/tensor.proto", False),
        ("tensorflow/include/tensorflow/core/framework/tensor_pb2.py", False),
        ("tensorflow/lite/python/libpywrap_tflite_common.so", False),
        ("tensorflow_serving/apis/predict_pb2.py", True),
        ("numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so", True),
        ("numpy.libs/libscipy_openblas64_.so", True),
        ("numpy/_core/include/numpy/arrayobject.h", False),
        ("numpy/_core/tests/test_umath.py", False),
        ("numpy/tests/used.py", True),
        ("numpy/__init__.pyi", False),
        ("numpy/f2py/cfuncs.py", False),
        ("numpy/testing/__init__.py", True),
        ("numpy-2.4.6.dist-info/licenses/LICENSE.txt", True),
        ("numpy-2.4.6.dist-info/METADATA", True),
        ("numpy-2.4.6.dist-info/RECORD", False),
        ("ai_edge_litert/interpreter.py", True),
        ("ai_edge_litert/compiled_model.py", False),
        ("ai_edge_litert/libLiteRt.so", False),
        ("bin/uvicorn", False),
        ("click/core.py", True),
        ("click/__pycache__/core.cpython-311.pyc", False),
        ("nvidia/cudnn/lib/libcudnn.so.9", True),
        ("nvidia/cudnn/include/cudnn.h", False),
        ("nvidia/cuda_nvcc/bin/ptxas", True),
        ("nvidia/cuda_nvcc/bin/nvlink", False),
        ("nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc", True),
    ],
)
def test_a_file_is_taken_or_not(name: str, is_taken: bool) -> None:
    assert (name in chosen([name, "click/__init__.py"], OPENED)) is is_taken


def test_what_is_taken_is_sorted_and_installed() -> None:
    assert chosen(["b.py", "a.py"], ["gone.py"]) == ("a.py", "b.py")
