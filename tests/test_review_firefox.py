"""The reviewers' page and the report in a real Firefox: the path that Chromium is led along too."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from browser_windows import FirefoxWindow, Window, firefox_driver
from reviewer_path import ReviewerPath

if TYPE_CHECKING:
    from marionette_driver.marionette import Marionette


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marionette]:
    """A running headless Firefox; skips the test, with a message, where there is none."""
    binary = shutil.which("firefox-esr") or shutil.which("firefox")
    if binary is None:
        pytest.skip("Firefox is not installed; tests/install_system_packages.sh installs it")
    with firefox_driver(binary, tmp_path_factory.mktemp("firefox")) as driver:
        yield driver


@pytest.fixture
def window(firefox: Marionette) -> Iterator[Window]:
    """A window of Firefox, which must not have complained of anything."""
    opened = FirefoxWindow(firefox)
    yield opened
    assert opened.complaints() == []


class TestInFirefox(ReviewerPath):
    """The path that Chromium is led along too."""
