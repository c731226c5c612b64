"use strict";
(function () {
  var form = document.getElementById("filters"), rows = document.getElementById("rows"), asked = 0, timer = null, shown = null;

  function query() {
    var given = new URLSearchParams(new FormData(form));
    Array.from(given.keys()).forEach(function (k) { if (!given.get(k)) { given.delete(k); } });
    return given.toString();
  }

  // Leaving the search field fires "change" as well: what is shown already is not fetched again, so a focused row stays where it is.
  function show() {
    var q = query();
    if (q === shown) { return; }
    var mine = ++asked;
    shown = q;
    fetch("/rows?" + q, { headers: { Accept: "text/html" } }).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.text();
    }).then(function (html) {
      if (mine !== asked) { return; }
      rows.innerHTML = html;
      history.replaceState(null, "", "/?" + q);
      critex.say(document.getElementById("count").textContent);
    }).catch(function () { shown = null; critex.say("The server does not answer. Is critex review still running?", true); });
  }

  shown = query();
  form.addEventListener("change", show);
  form.addEventListener("input", function (event) {
    if (event.target.name === "search") { clearTimeout(timer); timer = setTimeout(show, 120); }
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); show(); });

  function move(step) {
    var next = critex.step(critex.all("a.open", rows), document.activeElement, step);
    if (next) { next.focus(); }
  }

  critex.keys({
    j: function () { move(1); },
    k: function () { move(-1); },
    "/": function () { form.elements.search.focus(); form.elements.search.select(); },
    "]": function () { return critex.go("next"); },
    "[": function () { return critex.go("prev"); }
  });
  form.elements.search.addEventListener("keydown", function (event) {
    if (event.key === "Enter") { event.preventDefault(); clearTimeout(timer); show(); }
    if (event.key === "Escape" || event.key === "ArrowDown") { move(1); event.preventDefault(); }
  });
})();
