"""The embedded server: TensorFlow Serving's API, and a client for it.

Law of this room: only the server's own files import TensorFlow, and only when a server starts.
"""
