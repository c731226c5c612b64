"""One-to-one character normalisation, so that rules see one alphabet and offsets stay those of the given text."""

from __future__ import annotations

import re

_PAIRS = {
    "：": ":", "；": ";", "，": ",", "．": ".", "。": ".", "（": "(", "）": ")", "［": "[", "］": "]", "【": "[", "】": "]",
    "＜": "<", "＞": ">", "＝": "=", "＋": "+", "－": "-", "％": "%", "／": "/", "～": "~", "！": "!", "？": "?", "＊": "*",
    "｜": "|", "＃": "#", "＆": "&", "＠": "@", "“": '"', "”": '"', "‘": "'", "’": "'", "′": "'", "´": "'", "`": "'",
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "‒": "-", "―": "-", "×": "x", "✕": "x", "µ": "u", "μ": "u",
    "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁺": "+", "⁻": "-",
    "₀": "0", "₁": "1", "₂": "2", "₃": "3", "₄": "4", "₅": "5", "₆": "6", "₇": "7", "₈": "8", "₉": "9",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ", "\ufeff": " ", "\u200b": " ",
    "\x00": " ", "\x0b": " ", "\x0c": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\r": " ",
    "ï": "i", "é": "e", "è": "e", "ö": "o", "ü": "u", "ä": "a", "ó": "o", "á": "a", "í": "i", "ñ": "n", "ç": "c",
    "∙": "*", "•": "*", "●": "*", "▪": "*", "■": "*", "◦": "*", "·": "*", "⇒": ">", "√": "√", "Ⅰ": "I", "Ⅴ": "V",
    "≦": "≤", "≧": "≥", "﹤": "<", "﹥": ">", "∶": ":", "﹣": "-", "﹢": "+", "╱": "/",
}  # fmt: skip
_PAIRS.update({chr(0xFF10 + i): str(i) for i in range(10)})
_PAIRS.update({chr(0xFF21 + i): chr(65 + i) for i in range(26)})
_PAIRS.update({chr(0xFF41 + i): chr(97 + i) for i in range(26)})
_TABLE = {ord(k): v for k, v in _PAIRS.items()}


_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")
"""Text that its writer struck out ("~~89~~ 98 g/L") says nothing any more."""
_ANOTHERS = re.compile(
    r"(?:(?<=\n)|^|(?<=[.;]\s))(?:(?!\n|[.;]\s).){0,200}?(?:\bnot this (?:pt|patient)\b|\b(?:written|entered|charted|filed|documented|typed|put) (?:in|into|under|on) (?:the )?wrong (?:chart|patient|record|file|notes)\b)(?:(?!\n|[.;]\s).){0,200}"
    r"|\((?:[^()\n]|\([^()\n]{0,8}\)){0,200}?\b(?:not this (?:pt|patient)|[Dd]o not mix)\b[^()\n]{0,60}\)"
)
"""A sentence about another patient that strayed into this chart, and says so."""
_PUT_RIGHT = re.compile(r"correct|should (?:be|read)|actual|instead|\"", re.I)


def _blanked(m: re.Match[str]) -> str:
    return m.group() if _PUT_RIGHT.search(m.group()) else " " * len(m.group())


def normalise(text: str) -> str:
    r"""Text with full-width, typographic and superscript characters replaced one to one.

    Parameters
    ----------
    text : str
        A note as given.

    Returns
    -------
    str
        Text of the same length: every offset into it is an offset into ``text``. Line ends become ``"\n"`` or ``" \n"``.
    """
    if "~~" in text:
        text = _STRUCK.sub(lambda m: " " * len(m.group()), text)
    if "wrong " in text or "not this p" in text or "o not mix" in text:
        text = _ANOTHERS.sub(_blanked, text)
    if text.isascii() and not any(c in text for c in "\r\x00`\x0b\x0c"):
        return text
    if "\r" in text and "\n" not in text:  # old Macintosh line ends
        text = text.replace("\r", "\n")
    return text.translate(_TABLE)
