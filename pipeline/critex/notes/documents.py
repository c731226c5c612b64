"""Text of RTF, HTML, PDF and C-CDA documents; offsets of evidence refer to the text as it is taken here.

Each function takes the bytes of one document and raises :class:`~critex.errors.NoteError` for one that it cannot read, whatever is wrong with it.
"""

from __future__ import annotations

import codecs
import io
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from critex.errors import NoteError
from critex.notes.encoding import guess, is_binary

MAX_BYTES = 100_000_000
MAX_DEPTH = 400
"""Levels of XML elements; real documents have some thirty."""
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252"}
"""What a document calls its charset, and what it is: browsers read these the same way."""
_CELL = re.compile(r"[ \t]*\|[ \t]*")
_END_CELL = re.compile(r"(?: \|)+ *$")
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption",
     "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "nav", "ol", "p", "pre", "section",
     "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", "td", "th")
)  # fmt: skip
_CELLS = frozenset(("td", "th"))
_UNSEEN = ["script", "style", "head", "template", "noscript", "svg", "iframe"]


@dataclass(frozen=True)
class Extracted:
    """Text of a document, and what the document itself says about the note."""

    text: str
    patient_id: str = ""
    note_date: str = ""
    note_type: str = ""


def decode(data: bytes, charset: str = "") -> str:
    """Text of bytes: by the charset that is named, else UTF-8, else as guessed from the whole."""
    if charset:
        charset = _WIDER.get(charset.lower().replace("_", "-"), charset)
        try:
            return data.decode(codecs.lookup(charset).name, errors="replace").removeprefix("\ufeff")
        except LookupError:
            pass
    for bom, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(bom):
            return data.decode(name, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(guess(data[:2_000_000]), errors="replace")


def plain_text(data: bytes, charset: str = "") -> Extracted:
    """A text as it is."""
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not charset and not marked and (b"\0" in data[:4096] or is_binary(data[:4096])):
        raise NoteError("a binary file, not text. Remove it, or convert it to text.")
    return Extracted(decode(data, charset))


def rtf_text(data: bytes, charset: str = "") -> Extracted:
    """Text of an RTF document; table cells are separated by ``|``."""
    from striprtf.striprtf import rtf_to_text

    if not data.lstrip().startswith(b"{\\rtf"):  # plain text under the wrong name is common
        return plain_text(data, charset)
    try:
        return Extracted(_tidy(rtf_to_text(data.decode("latin-1"), errors="replace")))
    except Exception as error:
        raise NoteError(f"a damaged RTF document ({type(error).__name__}). Export it again.") from None


def html_text(data: bytes, charset: str = "") -> Extracted:
    """Text of an HTML page: a line a block, table cells separated by tabs; scripts and styles are left out."""
    from selectolax.lexbor import LexborHTMLParser

    named = _CHARSET.search(data[:2048])
    text = decode(data, charset or (named[1].decode("ascii", "replace") if named else ""))
    try:
        tree = LexborHTMLParser(text)
        tree.strip_tags(_UNSEEN)
        root = tree.body or tree.root
    except Exception as error:
        raise NoteError(f"a damaged HTML page ({type(error).__name__}). Export it again.") from None
    if root is None:
        return Extracted("")
    out: list[str] = []
    block: Any = None
    depth_of: dict[int, tuple[int, str, int]] = {}
    for node in root.traverse(include_text=True):
        parent = node.parent
        above = depth_of.get(parent.mem_id, (0, "", 0)) if parent is not None else (0, "", 0)
        if node.tag == "-text":
            piece = node.text(deep=False)
            if not piece.strip():
                if out and not out[-1].endswith((" ", "\n", "\t")):
                    out.append(" ")
                continue
            if block is not None and above[0] != block[0]:
                same_row = above[1] in _CELLS and block[1] in _CELLS and above[2] == block[2]
                out.append("\t" if same_row else "\n")
            block = above
            out.append(piece if above[1] == "pre" else re.sub(r"\s+", " ", piece))
        elif node.tag == "br":
            out.append("\n")
        elif node.tag in _BLOCKS:
            row = parent.mem_id if node.tag in _CELLS and parent is not None else node.mem_id
            depth_of[node.mem_id] = (node.mem_id, node.tag, row)
        else:
            depth_of[node.mem_id] = above
    return Extracted(_tidy("".join(out)))


def pdf_text(data: bytes, charset: str = "") -> Extracted:
    """Text layer of a PDF, page by page; a scan without text is refused."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings may quote the document
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise NoteError("the PDF is protected by a password. Export it without.")
        pages = [page.extract_text() for page in reader.pages]
    except NoteError:
        raise
    except Exception as error:
        if type(error).__name__ == "TooSlow":
            raise
        raise NoteError(f"a damaged PDF ({type(error).__name__}). Export it again.") from None
    text = _tidy("\n\n".join(pages))
    if not text.strip():
        raise NoteError("the PDF holds no text, only pictures. Run text recognition (OCR) over it first.")
    return Extracted(text)


def ccda_text(data: bytes, charset: str = "") -> Extracted:
    """Narrative of a C-CDA document: title and text of every section, a line a row, cells separated by ``|``."""
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(data, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except Exception as error:
        raise NoteError(f"not readable XML ({type(error).__name__}). Export it again.") from None
    if _name(root) != "ClinicalDocument":
        raise NoteError("XML, but not a C-CDA ClinicalDocument. Remove it, or convert it to text.")
    out: list[str] = []
    about = {"patient": "", "date": "", "title": ""}
    _walk(root, out, about)
    text = "\n".join(_END_CELL.sub("", _CELL.sub(" | ", line)).strip() for line in "".join(out).split("\n"))
    return Extracted(_tidy(text), about["patient"], about["date"][:8], about["title"])


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _walk(root: Element, out: list[str], about: dict[str, str]) -> None:
    """Collect narrative without recursion: a stack of (element, path, is_end)."""
    stack: list[tuple[Element, tuple[str, ...], bool]] = [(root, (), False)]
    while stack:
        element, path, end = stack.pop()
        name = _name(element)
        narrative = "text" in path or name == "text"
        if end:
            if narrative and name in ("td", "th"):
                out.append(" | ")
            elif narrative and name in (
                "tr",
                "paragraph",
                "item",
                "list",
                "table",
                "caption",
                "text",
                "thead",
                "tbody",
            ):
                out.append("\n")
            if narrative and name != "text" and element.tail:
                out.append(re.sub(r"\s+", " ", element.tail))
            continue
        if len(path) > MAX_DEPTH:
            raise NoteError("XML nested too deeply. Export it again.")
        if name == "id" and path == ("ClinicalDocument", "recordTarget", "patientRole") and not about["patient"]:
            about["patient"] = element.get("extension", "")
        elif name == "effectiveTime" and path == ("ClinicalDocument",):
            about["date"] = element.get("value", "")
        elif name == "title" and path == ("ClinicalDocument",):
            about["title"] = " ".join((element.text or "").split())
        elif name == "title" and path and path[-1] == "section":
            out.append(f"\n\n{' '.join((element.text or '').split())}\n")
        elif narrative and name == "br":
            out.append("\n")
        if narrative and element.text:
            out.append(re.sub(r"\s+", " ", element.text))
        stack.append((element, path, True))
        stack.extend((child, (*path, name), False) for child in reversed(element))


def _tidy(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    text = re.sub(r"[ \t]+\n", "\n", text)
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


EXTRACTORS: dict[str, Callable[[bytes, str], Extracted]] = {
    ".txt": plain_text,
    ".rtf": rtf_text,
    ".html": html_text,
    ".htm": html_text,
    ".pdf": pdf_text,
    ".xml": ccda_text,
}
"""By suffix of the file."""
MEDIA: dict[str, str] = {
    "text/plain": ".txt",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/rtf": ".rtf",
    "application/rtf": ".rtf",
    "application/pdf": ".pdf",
    "text/xml": ".xml",
    "application/xml": ".xml",
    "application/hl7-cda+xml": ".xml",
}
"""Suffix by media type of an attachment; the first that a resource has is taken, in this order."""


def extract_text(data: bytes, suffix: str, charset: str = "") -> Extracted:
    """Text of one document.

    Raises
    ------
    NoteError
        If it cannot be read.
    """
    if len(data) > MAX_BYTES:
        raise NoteError(f"more than {MAX_BYTES // 1_000_000} MB. Split it.")
    return EXTRACTORS[suffix](data, charset)
