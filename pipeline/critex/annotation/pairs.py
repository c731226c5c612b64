"""Attributes in one line of text, ``value=hbv result=positive``, for formats that have only a comment on a span."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from critex.annotation.document import Scalar, as_text, set_attribute

_PAIR = re.compile(r'\s*(\w+)=("(?:[^"\\]|\\.)*"|[^\s"]+)')


def as_pairs(attributes: Mapping[str, Scalar]) -> str:
    """Attributes as pairs; what holds blanks or quotes is a JSON string."""
    return " ".join(f"{k}={_quoted(as_text(v))}" for k, v in attributes.items())


def from_pairs(line: str) -> dict[str, Scalar]:
    """Attributes of a line of pairs; a line that is anything else is a ``comment``."""
    attributes: dict[str, Scalar] = {}
    at = 0
    while m := _PAIR.match(line, at):
        at = m.end()
        try:
            set_attribute(attributes, m[1], json.loads(m[2]) if m[2].startswith('"') else m[2])
        except ValueError:
            return {"comment": line}
    if line[at:].strip():
        return {"comment": line}
    return attributes


def _quoted(text: str) -> str:
    return text if re.fullmatch(r'[^\s"=]+', text) else json.dumps(text, ensure_ascii=False)
