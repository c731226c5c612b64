"use strict";
// Shared by all pages: the status line, dialogs, and keys of one letter, which can be switched off.
var critex = (function () {
  var live = null, timer = null;

  function all(selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); }

  function say(words, bad) {
    live = live || document.getElementById("live");
    live.textContent = words;
    live.classList.toggle("bad", Boolean(bad));
    clearTimeout(timer);
    if (!bad) { timer = setTimeout(function () { live.textContent = ""; }, 4000); }
  }

  function open(id) {
    var dialog = document.getElementById(id);
    if (dialog && !dialog.open) { dialog.showModal(); }
  }

  function typing(target) {
    return target && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type)));
  }

  function keysOn() {
    try { return localStorage.getItem("critex-keys") !== "off"; } catch (e) { return true; }
  }

  function keys(table) {
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) { return; }
      if (typing(event.target) || document.querySelector("dialog[open]")) { return; }
      if (event.key === "?") { open("keys"); event.preventDefault(); return; }
      if (!keysOn()) { return; }
      var action = Object.prototype.hasOwnProperty.call(table, event.key) ? table[event.key] : null;
      if (action && action() !== false) { event.preventDefault(); }
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    var box = document.getElementById("single-keys");
    if (box) {
      box.checked = keysOn();
      box.addEventListener("change", function () { try { localStorage.setItem("critex-keys", box.checked ? "on" : "off"); } catch (e) { /* kept for this page only */ } });
    }
    document.addEventListener("click", function (event) {
      var button = event.target.closest("[data-open]");
      if (button) { document.dispatchEvent(new CustomEvent("critex-open", { detail: button.getAttribute("data-open") })); open(button.getAttribute("data-open")); }
    });
  });

  function go(rel) {
    var link = document.querySelector("a[rel=" + rel + "]");
    if (!link) { return false; }
    link.click();
    return true;
  }

  return { all: all, say: say, open: open, keys: keys, go: go };
})();
