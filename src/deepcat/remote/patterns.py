"""What a cloud's file may say of machines that are reached by ssh, as patterns of JSON Schema."""

from __future__ import annotations

# Python lets `$` stand before a line's last end.
_END = "$(?!\\n)"
JUMP = "^([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]{1,5})?" + _END
ADDRESS = "^[A-Za-z0-9:][A-Za-z0-9._:-]*" + _END
FOLDER = "^~?(/(?!\\.{1,2}(/|$))[^/\\x00-\\x1f\\x7f]+)+/?" + _END
KNOWN_HOSTS = "^[^\\x00-\\x1f\\x7f]+" + _END
