"""DEEPaaS' API, version 2, as a face: what the AI4OS platform and its clients speak.

`arguments` says what a model's predict takes, `uploads` and `reading` take that out of a request,
`answers` gives it back, `swagger` describes it, `face` knows the paths.
"""
