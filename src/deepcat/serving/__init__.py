"""The embedded server: TensorFlow Serving's API, and a client for it.

Law of this room: TensorFlow is reached through `engine.Session` alone, and only once a server
starts. `native` calls its C library, `graph` its Python code, `protos` reads its messages; nothing
else imports it. `client` and `compare` need neither TensorFlow nor NumPy.

From a request to its answer: `rest` or `grpc_api` -> `paths`, `decode`, `examples`, `tensors` ->
`models` (which version) -> `inference` (which signature) -> `servable` -> `batching` -> the
session -> `encode` or `tensors`. `server` puts them together; `policy`, `folders` and `warmup` say
what is loaded and when.
"""
