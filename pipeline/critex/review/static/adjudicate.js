"use strict";
(function () {
  var main = document.getElementById("main");
  function cases() { return critex.all("article.case", main); }
  function here() { return document.activeElement ? document.activeElement.closest("article.case") : null; }

  function settle(article, verdict) {
    var act = { trial: main.getAttribute("data-trial"), patient: article.getAttribute("data-patient"), criterion: article.getAttribute("data-c"), action: "adjudicate", verdict: verdict };
    critex.decide(act).then(function (got) {
      if (!got) { return; }
      critex.all(".choice", article).forEach(function (b) { b.setAttribute("aria-pressed", String(b.getAttribute("data-verdict") === verdict)); });
      article.classList.add("done");
      article.querySelector(".state").textContent = "Settled: " + verdict;
      var done = cases().filter(function (a) { return a.classList.contains("done"); }).length, total = Number(document.getElementById("n-open").textContent) + Number(document.getElementById("n-settled").textContent);
      document.getElementById("n-settled").textContent = String(done);
      document.getElementById("n-open").textContent = String(total - done);
      critex.say(got.message);
    });
  }
  function move(step) {
    var next = critex.step(cases(), here(), step);
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  }
  function key(verdict) { return function () { var a = here(); if (!a) { return false; } settle(a, verdict); return true; }; }

  main.addEventListener("click", function (event) {
    var b = event.target.closest(".choice");
    if (b) { settle(b.closest("article.case"), b.getAttribute("data-verdict")); }
  });
  critex.keys({ j: function () { move(1); }, k: function () { move(-1); }, "1": key("pass"), "2": key("fail"), "3": key("unknown") });
})();
