"""KServe's Open Inference Protocol, version 2, by REST and gRPC, for the clients that speak it.

`tensors` knows its types, `documents` its JSON and binary bodies, `asking` asks the core, `face`
the paths of REST, `messages` and `service` gRPC.
"""
