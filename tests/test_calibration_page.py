"""The confidence's figures in evaluation.json and evaluation.html."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from critex.evaluate.calibration import score
from critex.evaluate.calibration_page import confidence_figures


def test_figures_plots_and_table() -> None:
    found = confidence_figures(score([0.99] * 90 + [0.6] * 10, [True] * 95 + [False] * 5))
    assert found.figures["brier"] < found.figures["brier_best_constant"]
    assert found.figures["errors_in_least_certain_fifth"] == pytest.approx(1.0)
    assert found.figures["risk_coverage"][-1] == {"coverage": 1.0, "risk": pytest.approx(0.05)}
    page = ElementTree.fromstring(f"<div>{found.html}</div>")
    plots = page.findall(".//svg")
    assert [p.get("aria-label") for p in plots] == ["Reliability", "Risk over coverage"]
    assert len(plots[0].findall("circle")) == 2
    assert "http" not in found.html


def test_without_an_error_nothing_is_divided_by_zero() -> None:
    found = confidence_figures(score([0.99, 0.98], [True, True]))
    assert found.figures["errors_in_least_certain_fifth"] is None
    assert "no errors" in found.lines[0]
