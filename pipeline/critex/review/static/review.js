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

  // A name of its own for every act, so that one sent twice is stored once.
  function name() {
    var bytes = new Uint8Array(16);
    crypto.getRandomValues(bytes);
    return Array.from(bytes).map(function (b) { return b.toString(16).padStart(2, "0"); }).join("");
  }

  // Sends one act; answers with what the server says once it is stored, or with null once the reviewer has been told that it is not.
  function decide(act) {
    return fetch("/decide", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(Object.assign({ act: name() }, act)) }).then(function (answer) {
      return answer.json().then(function (got) { return { ok: answer.ok, got: got }; }, function () { return { ok: false, got: { error: "The server answered " + answer.status + "." } }; });
    }).then(function (result) {
      if (result.ok) { return result.got; }
      say("Not stored. " + result.got.error, true);
      return null;
    }, function () {
      say("Not stored: the server does not answer. Is critex review still running?", true);
      return null;
    });
  }

  // The element so many steps further in a list, which ends at its ends.
  function step(list, element, by) { return list[Math.max(0, Math.min(list.length - 1, list.indexOf(element) + by))]; }

  function go(rel) {
    var link = document.querySelector("a[rel=" + rel + "]");
    if (!link) { return false; }
    link.click();
    return true;
  }

  return { all: all, say: say, open: open, keys: keys, go: go, decide: decide, step: step };
})();
