"""What all our plots have in common: plain SVG with a title and all values in words; no script, no style sheet, nothing that is loaded."""

from __future__ import annotations

import hashlib

from markupsafe import escape

INK, SOFT, LIMIT = "#1b2430", "#55606e", "#a8320c"
"""Colours of text and lines, with a contrast of at least 4.5 to white."""


def svg_head(kind: str, title: str, said: str, width: float, height: float, *, font_size: int = 11) -> str:
    """Beginning of a plot.

    Parameters
    ----------
    kind : str
        Class of the element.
    title : str
        What is shown.
    said : str
        All that is shown, in words, for those who do not see it.
    width, height : float
        Size in CSS pixels; the plot scales with the page.
    font_size : int
    """
    key = hashlib.blake2b(f"{title}\0{said}".encode(), digest_size=6).hexdigest()
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" aria-labelledby="t{key} d{key}" '
        f'font-family="system-ui,sans-serif" font-size="{font_size}" fill="{INK}"><title id="t{key}">{escape(title)}</title><desc id="d{key}">{escape(said)}</desc>'
    )
