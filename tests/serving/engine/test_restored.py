"""Which variables a signature needs that nothing restores."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow


def graph_of(text: str) -> Any:
    """A graph whose variable `first` is only the initial value of the restored `second`."""
    from google.protobuf import text_format

    from deepcat.serving.contract.protos import meta_graph_pb2

    return text_format.Parse(
        """
        saver_def { restore_op_name: "restore" }
        graph_def {
          node { name: "first" op: "VarHandleOp" }
          node { name: "second" op: "VarHandleOp" }
          node { name: "begin" op: "ReadVariableOp" input: "first" }
          node { name: "assign" op: "AssignVariableOp" input: "second" input: "begin" }
          node { name: "restore" op: "StatefulPartitionedCall" input: "second" }
          node { name: "x" op: "Placeholder" }
          %s
        }
        signature_def { key: "serving_default" value { outputs { key: "y" value { name: "y:0" }}}}
        """  # noqa: UP031 - the text has braces
        % text,
        meta_graph_pb2.MetaGraphDef(),
    )


def function(name: str, body: str, ret: str) -> str:
    """A function of a variable `v` and a number `x`."""
    return f"""function {{
      signature {{ name: "{name}" input_arg {{ name: "v" }} input_arg {{ name: "x" }}
        output_arg {{ name: "v_out" }} output_arg {{ name: "y" }} }}
      {body}
      ret {{ key: "v_out" value: "v" }} ret {{ key: "y" value: "{ret}" }} }}"""


READS = 'node_def { name: "r" op: "ReadVariableOp" input: "v" }'
ADDS = 'node_def { name: "a" op: "Add" input: "x" input: "r:value:0" }'
LOOP = """node { name: "y" op: "While" input: "first" input: "x"
  attr { key: "cond" value { func { name: "cond" } } }
  attr { key: "body" value { func { name: "body" } } } }"""
CHOICE = """node { name: "y" op: "If" input: "x" input: "first" input: "x"
  attr { key: "then_branch" value { func { name: "then" } } }
  attr { key: "else_branch" value { func { name: "else" } } } }"""
CALL = """node { name: "y" op: "StatefulPartitionedCall" input: "first" input: "x"
  attr { key: "Tout" value { list { type: DT_FLOAT } } }
  attr { key: "f" value { func { name: "f" } } } }"""


def plain(name: str, body: str, ret: str) -> str:
    """A function of the same that gives a number alone."""
    return f"""function {{ signature {{ name: "{name}" input_arg {{ name: "v" }}
      input_arg {{ name: "x" }} output_arg {{ name: "y" }} }}
      {body} ret {{ key: "y" value: "{ret}" }} }}"""


CASES = {
    "nobody reads it": ('node { name: "y" op: "Neg" input: "x" }', False),
    "it is read": ('node { name: "y" op: "ReadVariableOp" input: "first" }', True),
    "a control input reads it": (
        'node { name: "r" op: "ReadVariableOp" input: "first" }'
        'node { name: "y" op: "Neg" input: "x" input: "^r" }',
        True,
    ),
    "a function reads it": (f"{CALL} library {{ {plain('f', READS, 'r:value:0')} }}", True),
    "a function makes nothing of it": (f"{CALL} library {{ {plain('f', READS, 'x')} }}", False),
    "a function of a name unknown": (CALL, True),
    "an operation unknown": ('node { name: "y" op: "Wild" input: "first" }', True),
    "a loop hands it on": (
        f"{LOOP} library {{ {function('cond', '', 'x')} {function('body', '', 'x')} }}",
        False,
    ),
    "a loop reads it": (
        f"{LOOP} library {{ {function('cond', '', 'x')} "
        f"{function('body', READS + ADDS, 'a:z:0')} }}",
        True,
    ),
    "one of two branches reads it": (
        f"{CHOICE} library {{ {plain('then', '', 'x')} {plain('else', READS, 'r:value:0')} }}",
        True,
    ),
    "neither branch reads it": (
        f"{CHOICE} library {{ {plain('then', '', 'x')} {plain('else', READS, 'x')} }}",
        False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_variable_lacks_its_value_where_a_signature_needs_it(name: str) -> None:
    from deepcat.serving.engine.restored import never_restored

    text, lacks = CASES[name]
    assert never_restored(graph_of(text)) == ({"first": "second"} if lacks else {})
