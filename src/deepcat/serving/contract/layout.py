"""The files of a model's folder, by their paths in it."""

from __future__ import annotations

GRAPH, TEXT_GRAPH, LITE = "saved_model.pb", "saved_model.pbtxt", "model.tflite"
INDEX = "variables/variables.index"
# Whose presence makes a folder a model.
GRAPHS = (GRAPH, TEXT_GRAPH, LITE)
BATCHING = "batching_params.pbtxt"
