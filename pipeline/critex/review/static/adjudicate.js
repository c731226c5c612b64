"use strict";
(function () {
  var main = document.getElementById("main");
  function name() { var b = new Uint8Array(16); crypto.getRandomValues(b); return Array.from(b).map(function (x) { return x.toString(16).padStart(2, "0"); }).join(""); }
  function cases() { return critex.all("article.case", main); }
  function here() { return document.activeElement ? document.activeElement.closest("article.case") : null; }

  function settle(article, verdict) {
    var body = { act: name(), trial: main.getAttribute("data-trial"), patient: article.getAttribute("data-patient"), criterion: article.getAttribute("data-c"), action: "adjudicate", verdict: verdict };
    fetch("/decide", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).then(function (answer) {
      return answer.json().then(function (got) { return { ok: answer.ok, got: got }; });
    }).then(function (result) {
      if (!result.ok) { critex.say("Not stored. " + result.got.error, true); return; }
      critex.all(".choice", article).forEach(function (b) { b.setAttribute("aria-pressed", String(b.getAttribute("data-verdict") === verdict)); });
      article.classList.add("done");
      article.querySelector(".state").textContent = "Settled: " + verdict;
      var done = cases().filter(function (a) { return a.classList.contains("done"); }).length, total = Number(document.getElementById("n-open").textContent) + Number(document.getElementById("n-settled").textContent);
      document.getElementById("n-settled").textContent = String(done);
      document.getElementById("n-open").textContent = String(total - done);
      critex.say(result.got.message);
    }).catch(function () { critex.say("Not stored: the server does not answer. Is critex review still running?", true); });
  }
  function move(step) {
    var list = cases(), i = list.indexOf(here()), next = list[Math.max(0, Math.min(list.length - 1, i + step))];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  }
  function key(verdict) { return function () { var a = here(); if (!a) { return false; } settle(a, verdict); return true; }; }

  main.addEventListener("click", function (event) {
    var b = event.target.closest(".choice");
    if (b) { settle(b.closest("article.case"), b.getAttribute("data-verdict")); }
  });
  critex.keys({ j: function () { move(1); }, k: function () { move(-1); }, "1": key("pass"), "2": key("fail"), "3": key("unknown") });
})();
