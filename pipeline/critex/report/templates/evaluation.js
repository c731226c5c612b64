"use strict";
(function () {
  var selects = Array.prototype.slice.call(document.querySelectorAll("select[data-by]"));
  var errors = Array.prototype.slice.call(document.querySelectorAll("article.error"));
  var count = document.getElementById("count");
  var clear = document.getElementById("clear");
  function has(error, select) {
    var words = (error.getAttribute("data-" + select.getAttribute("data-by")) || "").split("|");
    return words.indexOf(select.value) >= 0;
  }
  function apply() {
    var shown = 0;
    errors.forEach(function (e) {
      e.hidden = selects.some(function (s) { return s.value && !has(e, s); });
      if (!e.hidden) { shown += 1; }
    });
    if (count) { count.textContent = shown === errors.length ? shown + " errors" : shown + " of " + errors.length + " errors"; }
  }
  function step(by) {
    var seen = errors.filter(function (e) { return !e.hidden; });
    if (!seen.length) { return; }
    var at = seen.indexOf(document.activeElement);
    var next = at < 0 ? 0 : Math.min(seen.length - 1, Math.max(0, at + by));
    seen[next].focus();
    seen[next].scrollIntoView({ block: "start" });
  }
  selects.forEach(function (s) { s.addEventListener("change", apply); });
  if (clear) { clear.addEventListener("click", function () { selects.forEach(function (s) { s.value = ""; }); apply(); }); }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(SELECT|INPUT|TEXTAREA)$/.test(event.target.tagName)) { return; }
    if (event.key === "j") { step(1); event.preventDefault(); }
    if (event.key === "k") { step(-1); event.preventDefault(); }
  });
  apply();
})();
