"""Encoding of a text file: judged from the whole file, never from one note."""

from __future__ import annotations

import codecs
from pathlib import Path

from critex.errors import InputError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CANDIDATES = ["utf_8", "cp1252", "gb18030", "big5", "latin_1"]
_SAMPLE = 2_000_000


def encoding_of(path: Path, given: str | None = None) -> str:
    """Python codec of a text file.

    Parameters
    ----------
    path : Path
    given : str, optional
        What the user said; taken as it is.

    Raises
    ------
    InputError
        If the file is binary, or the given codec is not known.
    """
    if given:
        try:
            return codecs.lookup(given).name
        except LookupError:
            raise InputError(
                f"--encoding {given}: no such encoding. Write for example utf-8, gb18030, big5 or cp1252."
            ) from None
    with open(path, "rb") as f:
        head = f.read(4096)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return name
        if b"\0" in head and head.count(b"\0") > len(head) // 4:
            even, odd = head[0::2].count(0), head[1::2].count(0)
            if odd > 4 * (even + 1):
                return "utf-16-le"
            if even > 4 * (odd + 1):
                return "utf-16-be"
        if is_binary(head):
            raise InputError(
                f"{path}: a binary file, not text. Give a CSV, TSV, JSONL or Parquet file, or a folder of notes."
            )
        f.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := f.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return "utf-8"
        except UnicodeDecodeError:
            f.seek(0)
            sample = f.read(_SAMPLE)
    return guess(sample)


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file are those of no text."""
    if head.startswith(
        (
            b"PK\x03\x04",
            b"\x1f\x8b",
            b"\x89PNG",
            b"\xff\xd8\xff",
            b"MZ",
            b"\x7fELF",
            b"\xd0\xcf\x11\xe0",
            b"BZh",
            b"7z\xbc\xaf",
        )
    ):
        return True
    control = sum(b < 9 or 13 < b < 27 or 27 < b < 32 for b in head)
    return bool(head) and control > len(head) // 10


def guess(sample: bytes) -> str:
    """Most likely codec of bytes that are not UTF-8."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=CANDIDATES).best()
    return best.encoding if best else "cp1252"
