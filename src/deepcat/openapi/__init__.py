"""What a deployment answers, as a document of OpenAPI 3.1, from values alone.

`card` is what people say of a model, `values` its signatures, `schemas` tensors as JSON Schema; a
file for each protocol has its paths, `document` puts them together.
"""
