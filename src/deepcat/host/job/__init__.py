"""A batch job's life on a host: begun once, followed to its end, kept with what it made, ended.

Law of this room: a job that was handed to a keeper is not handed over again, whoever was killed in
between, and of what a keeper starts twice only the first runs (`once`).
"""
