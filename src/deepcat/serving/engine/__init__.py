"""The engine: TensorFlow, reached by its C interface or by its Python code.

Law of this room: `session` says what is asked of TensorFlow; `native` and `graph` alone reach it.
"""
