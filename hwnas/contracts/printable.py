r"""Text from outside (paths, names, messages of other programs) as people may safely see it.

A terminal obeys escape sequences, a browser and an XML reader refuse some characters, and characters that turn the
direction of writing make a line read as another. Whatever is shown, written to a page or to a picture, shows them as
their escapes instead: ``\x1b``, ``\u202e``.
"""

import re

# Control characters but for line ends, marks of direction, separators of lines, halves of pairs, non-characters.
_HIDDEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_NAMED = {"\t": "\\t", "\r": "\\r", "\n": "\\n"}


def printable(text: str) -> str:
    r"""`text` with its line ends, and with escapes for every other character that is not to be seen.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _HIDDEN.sub(lambda match: _escape(match[0]), text)


def printable_line(text: str) -> str:
    """The same as one line: its line ends, too, are shown as escapes."""
    return printable(text).replace("\n", _NAMED["\n"])


def _escape(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a path that is no UTF-8, as Python keeps it
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
