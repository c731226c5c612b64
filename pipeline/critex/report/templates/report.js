"use strict";
(function () {
  function all(selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); }
  function holds(mark, criterion) { return (" " + mark.getAttribute("data-e") + " ").indexOf(" " + criterion + " ") >= 0; }

  all(".filters button[data-status]").forEach(function (button) {
    button.addEventListener("click", function () {
      var trial = button.closest("section.trial");
      all(".filters button[data-status]", trial).forEach(function (b) { b.setAttribute("aria-pressed", String(b === button)); });
      var wanted = button.getAttribute("data-status");
      all("details.patient", trial).forEach(function (p) { p.hidden = wanted !== "all" && p.getAttribute("data-status") !== wanted; });
    });
  });

  function select(patient, criterion, target) {
    all(".criteria button", patient).forEach(function (b) {
      var is = b.getAttribute("data-c") === criterion;
      b.setAttribute("aria-current", String(is));
      if (is && target) { b.scrollIntoView({ block: "nearest" }); }
    });
    var found = all("mark[data-e]", patient).filter(function (m) {
      var is = holds(m, criterion);
      m.classList.toggle("on", is);
      return is;
    });
    patient.setAttribute("data-at", "0");
    if (found.length && !target) { found[0].scrollIntoView({ block: "center" }); }
  }

  all("details.patient").forEach(function (patient) {
    patient.addEventListener("click", function (event) {
      var button = event.target.closest(".criteria button");
      if (button) { select(patient, button.getAttribute("data-c"), null); return; }
      var mark = event.target.closest("mark[data-e]");
      if (mark) { select(patient, mark.getAttribute("data-e").split(" ")[0], mark); }
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    var patient = document.activeElement && document.activeElement.closest ? document.activeElement.closest("details.patient") : null;
    if (!patient) { return; }
    if (event.key === "n" || event.key === "p") {
      var marks = all("mark.on", patient);
      if (!marks.length) { return; }
      var at = (Number(patient.getAttribute("data-at") || 0) + (event.key === "n" ? 1 : marks.length - 1)) % marks.length;
      patient.setAttribute("data-at", String(at));
      marks[at].scrollIntoView({ block: "center" });
    } else if (event.key === "j" || event.key === "k") {
      var buttons = all(".criteria button", patient);
      var i = buttons.indexOf(document.activeElement);
      var next = buttons[Math.max(0, Math.min(buttons.length - 1, i + (event.key === "j" ? 1 : -1)))];
      if (next) { next.focus(); select(patient, next.getAttribute("data-c"), null); }
    }
  });
})();
