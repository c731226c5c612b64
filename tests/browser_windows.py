"""A window of a real browser as a reviewer uses it: one set of words for Chromium, by Playwright, and for Firefox, by Mozilla's Marionette.

Playwright drives Firefox only in a build of its own, which it downloads; Debian has Firefox, and Marionette is the remote control that is built into it.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marionette_driver.marionette import Marionette
    from playwright.sync_api import Browser, ConsoleMessage

PATIENCE = 10.0
"""Seconds that a page is given to show what it shall."""
WIDTH, HEIGHT = 1440, 900


class Window(ABC):
    """One window, of a browser without cookies."""

    @abstractmethod
    def go(self, address: str) -> None:
        """Open an address."""

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press keys one after the other, by their DOM names; ``Control+Enter`` holds the first one."""

    @abstractmethod
    def write(self, text: str) -> None:
        """Type into what has the focus."""

    @abstractmethod
    def fill(self, selector: str, value: str) -> None:
        """Set a field, such as a date."""

    @abstractmethod
    def choose(self, selector: str, option: str) -> None:
        """Choose an option of a list by its words."""

    @abstractmethod
    def click(self, selector: str) -> None:
        """Click the first element of a selector, in its middle."""

    @abstractmethod
    def value(self, expression: str) -> Any:
        """Value of a JavaScript expression in the page."""

    @abstractmethod
    def complaints(self) -> list[str]:
        """Errors of our pages' scripts, and what the content security policy kept out, since the window was opened."""

    def until(self, expression: str) -> Any:
        """Wait until an expression holds in the page; its value."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                found, why = self.value(expression), "it is not so"
            except Exception as error:  # the page is just being left for the next one
                found, why = None, type(error).__name__
            if found:
                return found
            assert time.monotonic() < end, f"{expression}: {why}; {self.value('document.title')}"
            time.sleep(0.03)

    def see(self, selector: str, words: str = "") -> None:
        """Wait until an element of a selector is displayed with these words in it."""
        self.until(
            f"Array.from(document.querySelectorAll({json.dumps(selector)})).some(e => e.getClientRects().length > 0 && e.textContent.includes({json.dumps(words)}))"
        )

    def see_exactly(self, selector: str, words: str) -> None:
        """Wait until the first element of a selector has these words and no others."""
        self.until(f"document.querySelector({json.dumps(selector)})?.textContent.trim() === {json.dumps(words)}")

    def see_in_view(self, selector: str) -> None:
        """Wait until the first element of a selector stands within the window and within the column that scrolls it."""
        self.until(
            f"(e => {{ const r = e?.getBoundingClientRect(), c = e?.closest('.notes')?.getBoundingClientRect();"
            "return r && r.height > 0 && r.top >= Math.max(0, c.top) && r.bottom <= Math.min(innerHeight, c.bottom); })"
            f"(document.querySelector({json.dumps(selector)}))"
        )

    def count(self, selector: str) -> int:
        """How many elements a selector has."""
        return int(self.value(f"document.querySelectorAll({json.dumps(selector)}).length"))

    def attribute(self, selector: str, name: str) -> str:
        """Attribute of the first element of a selector."""
        return str(self.value(f"document.querySelector({json.dumps(selector)}).getAttribute({json.dumps(name)})"))

    def loaded(self) -> list[str]:
        """Addresses of the page and of all that it loaded."""
        return list(self.value("[location.href, ...performance.getEntriesByType('resource').map(e => e.name)]"))


class ChromiumWindow(Window):
    """A window of Chromium, with cookies of its own.

    Parameters
    ----------
    browser : Browser
    """

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self._complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        refused = "Failed to load resource: the server responded"  # an answer that the page itself tells the reviewer
        if message.type == "error" and not message.text.startswith(refused):
            self._complaints.append(message.text)

    def go(self, address: str) -> None:
        """Open an address."""
        self.page.goto(address)

    def press(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Type."""
        self.page.keyboard.type(text)

    def fill(self, selector: str, value: str) -> None:
        """Set a field."""
        self.page.locator(selector).first.fill(value)

    def choose(self, selector: str, option: str) -> None:
        """Choose an option."""
        self.page.select_option(selector, label=option)

    def click(self, selector: str) -> None:
        """Click."""
        self.page.locator(selector).first.click()

    def value(self, expression: str) -> Any:
        """Value of an expression."""
        return self.page.evaluate(expression)

    def complaints(self) -> list[str]:
        """Errors."""
        return self._complaints


class FirefoxWindow(Window):
    """The window of a Firefox that Marionette drives, its cookies and its console emptied.

    Parameters
    ----------
    driver : Marionette
        In a session.
    """

    def __init__(self, driver: Marionette) -> None:
        self.driver = driver
        driver.navigate("about:blank")
        with driver.using_context("chrome"):
            driver.execute_script("Services.cookies.removeAll(); Services.console.reset();")

    def go(self, address: str) -> None:
        """Open an address."""
        self.driver.navigate(address)

    def press(self, *keys: str) -> None:
        """Press keys."""
        from marionette_driver.keys import Keys

        named = {
            "ArrowDown": Keys.ARROW_DOWN, "Enter": Keys.ENTER, "Escape": Keys.ESCAPE, "Control": Keys.CONTROL, "Alt": Keys.ALT
        }  # fmt: skip
        for key in keys:
            held = [named.get(part, part) for part in key.split("+")]
            sequence = self.driver.actions.sequence("key", "keyboard")
            for part in held:
                sequence.key_down(part)
            for part in reversed(held):
                sequence.key_up(part)
            sequence.perform()

    def write(self, text: str) -> None:
        """Type."""
        self.driver.get_active_element().send_keys(text)

    def fill(self, selector: str, value: str) -> None:
        """Set a field."""
        self.driver.find_element("css selector", selector).send_keys(value)

    def choose(self, selector: str, option: str) -> None:
        """Choose an option."""
        options = self.driver.find_elements("css selector", f"{selector} option")
        next(o for o in options if o.text == option).click()

    def click(self, selector: str) -> None:
        """Click."""
        self.driver.find_element("css selector", selector).click()

    def value(self, expression: str) -> Any:
        """Value of an expression."""
        return self.driver.execute_script(f"return ({expression})")

    def complaints(self) -> list[str]:
        """Errors."""
        with self.driver.using_context("chrome"):
            found = self.driver.execute_script(
                "return Services.console.getMessageArray().filter(m => m instanceof Ci.nsIScriptError && /^(http|file):/.test(m.sourceName)"
                " && (m.category.startsWith('CSP') || !(m.flags & Ci.nsIScriptError.warningFlag))).map(m => `${m.category}: ${m.errorMessage}`);"
            )
        return list(found)


@contextmanager
def firefox_driver(binary: str, place: Path) -> Iterator[Marionette]:
    """A running headless Firefox with a profile of its own, in a session.

    Parameters
    ----------
    binary : str
    place : Path
        Folder for the profile and the log.
    """
    from marionette_driver.marionette import Marionette

    driver = Marionette(bin=binary, headless=True, port=0, gecko_log=str(place / "gecko.log"), workspace=str(place))
    try:
        driver.start_session()
        driver.set_window_rect(width=WIDTH, height=HEIGHT + 100)  # the bars of the browser are part of it
        yield driver
    finally:
        driver.cleanup()
        # Profiles clean up once more when Python ends, too late to import what they need for it; the folder is pytest's.
        for profile in (driver.instance.profile, driver.instance.runner.profile):
            profile.restore = False
