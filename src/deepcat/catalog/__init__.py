"""The catalog: what people wrote under `modules/`, `clouds/` and `deployments/`, read and judged.

Law of this room: frozen values and pure decisions; `tree.py` alone touches the disk and Git.
Nothing here imports another room of the house.
"""
