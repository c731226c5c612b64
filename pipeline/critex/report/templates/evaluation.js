"use strict";
(function () {
  var selects = Array.prototype.slice.call(document.querySelectorAll("select[data-by]"));
  var errors = Array.prototype.slice.call(document.querySelectorAll("article.error"));
  function apply() {
    errors.forEach(function (e) {
      e.hidden = selects.some(function (s) { return s.value && e.getAttribute("data-" + s.getAttribute("data-by")) !== s.value; });
    });
  }
  selects.forEach(function (s) { s.addEventListener("change", apply); });
})();
