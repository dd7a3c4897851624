"""The contract: TensorFlow Serving's addresses, messages, JSON and words, as values.

Law of this room: no model is loaded and no socket opened here; `protos` alone imports the messages.
"""
