"""PyYAML's loader: in C where this PyYAML was built with libyaml, else in Python."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.scanner import ScannerError

_ENDS_LINE = "\n\x85\u2028\u2029"
# The end of the text, and of lines.
_BREAKS = "\0\r" + _ENDS_LINE
_PARTS = _BREAKS + " \t"


class PythonLoader(yaml.SafeLoader):
    """PyYAML's own, which here takes what libyaml takes.

    A question mark may stand in a text within brackets; tabs part words as blanks do, except before
    what begins a line; a mark of byte order at the beginning of any line is none of its text; an
    escape of what is no character is refused.
    """

    def forward(self, length: int = 1) -> None:
        """Go on; a mark of byte order has a column, too."""
        if self.pointer + length + 1 >= len(self.buffer):
            self.update(length + 1)
        for _ in range(length):
            sign = self.buffer[self.pointer]
            self.pointer += 1
            self.index += 1
            if sign in _ENDS_LINE or (sign == "\r" and self.buffer[self.pointer] != "\n"):
                self.line += 1
                self.column = 0
            else:
                self.column += 1

    def scan_to_next_token(self) -> None:
        """Pass blanks, comments and ends of lines."""
        while True:
            if self.column == 0 and self.peek() == "\ufeff":
                self.forward()
            while self.peek() == " " or (
                self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)
            ):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in _BREAKS:
                    self.forward()
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_line_break(self) -> str:
        """The end of a line, as it counts in a text; empty where there is none."""
        sign: str = self.peek()
        if sign not in _BREAKS[1:]:
            return ""
        self.forward(2 if self.prefix(2) == "\r\n" else 1)
        return sign if sign in "\u2028\u2029" else "\n"

    def scan_plain(self) -> yaml.ScalarToken:
        """A plain text; within brackets it may hold a question mark, as an address does."""
        start = end = self.get_mark()
        chunks: list[str] = []
        spaces: list[str] | None = []
        while self.peek() != "#" and (length := self._plain_length(start)):
            self.allow_simple_key = False
            chunks += [*(spaces or ()), self.prefix(length)]
            self.forward(length)
            end = self.get_mark()
            spaces = self.scan_plain_spaces(self.indent + 1, start)
            if not spaces or (not self.flow_level and self.column <= self.indent):
                break
        return yaml.ScalarToken("".join(chunks), True, start, end)

    def _plain_length(self, start: yaml.Mark) -> int:
        """How far a plain text goes on without a blank."""
        length = 0
        while (sign := self.peek(length)) not in _PARTS:
            follows = self.peek(length + 1) if sign == ":" else ""
            if sign == ":" and self.flow_level and follows in ",?[]{}":
                self.forward(length)
                context = "while scanning a plain scalar"
                raise ScannerError(context, start, "found unexpected ':'", self.get_mark())
            if (sign == ":" and follows in _PARTS) or (self.flow_level and sign in ",[]{}"):
                break
            length += 1
        return length

    def scan_plain_spaces(self, indent: int, start_mark: yaml.Mark) -> list[str] | None:
        """What parts two pieces of a plain text; None before the end of the document."""
        blanks = self._blanks()
        if self.peek() not in _BREAKS[1:]:
            return [blanks] if blanks else []
        breaks: list[str] = []
        while self.peek() in _BREAKS[1:]:
            breaks.append(self.scan_line_break())
            self.allow_simple_key = True
            if self.prefix(3) in ("---", "...") and self.peek(3) in _PARTS:
                return None
            self._indentation(indent, start_mark)
        first, *more = breaks
        return [*([first] if first != "\n" else [] if more else [" "]), *more]

    def _blanks(self) -> str:
        length = 0
        while self.peek(length) in " \t":
            length += 1
        blanks: str = self.prefix(length)
        self.forward(length)
        return blanks

    def _indentation(self, indent: int, start_mark: yaml.Mark) -> None:
        while self.peek() in " \t":
            if self.peek() == "\t" and self.column < indent:
                problem = "found a tab character that violates indentation"
                context = "while scanning a plain scalar"
                raise ScannerError(context, start_mark, problem, self.get_mark())
            self.forward()

    def scan_block_scalar_indicators(self, _start: yaml.Mark) -> tuple[bool | None, int | None]:
        """Whether a block keeps its last line's end, and how deep it says that it stands."""
        keeps, depth = None, None
        for _ in range(2):
            sign = self.peek()
            if keeps is None and sign in "+-":
                keeps = sign == "+"
            elif depth is None and sign in "123456789":
                depth = int(sign)
            else:
                break
            self.forward()
        return keeps, depth

    def scan_block_scalar_ignored_line(self, start_mark: yaml.Mark) -> None:
        """What is left of a block's first line."""
        self._blanks()
        super().scan_block_scalar_ignored_line(start_mark)

    def scan_directive_name(self, start_mark: yaml.Mark) -> str:
        """What a line that begins with `%` is about."""
        parser: Any = super()
        name: str = parser.scan_directive_name(start_mark)
        if name not in ("YAML", "TAG"):
            problem = "found unknown directive name"
            raise ScannerError("while scanning a directive", start_mark, problem, self.get_mark())
        return name

    def scan_yaml_directive_value(self, start_mark: yaml.Mark) -> tuple[int, int]:
        """The YAML that the text says it is."""
        self._blanks()
        length = 0
        while self.peek(length) not in _PARTS:
            length += 1
        version = self.prefix(length)
        if version not in ("1.1", "1.2"):
            raise ScannerError(None, None, "found incompatible YAML document", start_mark)
        self.forward(length)
        return 1, int(version[-1])

    def scan_directive_ignored_line(self, start_mark: yaml.Mark) -> None:
        """What is left of such a line."""
        self._blanks()
        super().scan_directive_ignored_line(start_mark)

    def parse_flow_sequence_entry_mapping_key(self) -> yaml.Event:
        """The key behind `?` in a list in brackets; where there is none, libyaml loses a sign."""
        parser: Any = self
        mark = parser.get_token().end_mark
        self.state = self.parse_flow_sequence_entry_mapping_value
        if self.check_token(yaml.ValueToken, yaml.FlowEntryToken, yaml.FlowSequenceEndToken):
            parser.get_token()
            event: yaml.Event = self.process_empty_scalar(mark)
        else:
            self.states.append(self.state)
            event = parser.parse_flow_node()
        return event

    def scan_block_scalar_indentation(self) -> tuple[list[str], int, yaml.Mark]:
        """The blank lines with which a block begins, and how deep it stands."""
        found: tuple[list[str], int, yaml.Mark] = super().scan_block_scalar_indentation()
        self._no_tab()
        return found

    def scan_block_scalar_breaks(self, indent: int) -> tuple[list[str], yaml.Mark]:
        """The blank lines within a block."""
        found: tuple[list[str], yaml.Mark] = super().scan_block_scalar_breaks(indent)
        if self.column < indent:
            self._no_tab()
        return found

    def _no_tab(self) -> None:
        if self.peek() == "\t":
            problem = "found a tab character where an indentation space is expected"
            raise ScannerError("while scanning a block scalar", None, problem, self.get_mark())

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: yaml.Mark) -> list[str]:
        """A piece of a quoted text."""
        try:
            chunks: list[str] = super().scan_flow_scalar_non_spaces(double, start_mark)
        except (ValueError, OverflowError):
            chunks = ["\ud800"]
        if any("\ud800" <= sign <= "\udfff" for chunk in chunks for sign in chunk):
            raise ScannerError(
                "while parsing a quoted scalar",
                start_mark,
                "found invalid Unicode character escape code",
                self.get_mark(),
            )
        return chunks


SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", PythonLoader)


def load(text: str) -> Any:
    """The plain values of a YAML 1.1 document.

    Raises:
        yaml.YAMLError: it is none, or holds a tag.
    """
    return yaml.load(text, Loader=SafeLoader)  # noqa: S506 - both are safe
