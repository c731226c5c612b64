"use strict";
(function () {
  var main = document.getElementById("main"), criteria = document.getElementById("criteria"), notes = document.getElementById("notes"), panels = document.getElementById("panels");
  var current = null, at = -1, picked = null, places = [], queue = Promise.resolve();

  function holds(mark, attribute, word) { return (" " + (mark.getAttribute(attribute) || "") + " ").indexOf(" " + word + " ") >= 0; }
  function panel(id) { return document.getElementById("panel-" + id); }
  function button(id) { return critex.all("button[data-c]", criteria).filter(function (b) { return b.getAttribute("data-c") === id; })[0]; }
  function article(noteId) { return critex.all("article.note", notes).filter(function (a) { return a.getAttribute("data-note") === noteId; })[0]; }
  function jumps() { return current ? critex.all(".ev > .jump", panel(current)) : []; }

  // A criterion is selected: its panel is shown, its evidence marked, the first evidence brought into view.
  function select(id, options) {
    var opts = options || {};
    if (!panel(id)) { return; }
    current = id;
    at = -1;
    critex.all("button[data-c]", criteria).forEach(function (b) { b.setAttribute("aria-current", String(b.getAttribute("data-c") === id)); });
    critex.all(".panel", panels).forEach(function (p) { p.hidden = p.getAttribute("data-c") !== id; });
    critex.all(".target").forEach(function (t) { t.textContent = id; });
    var noted = {};
    critex.all("mark[data-e]", notes).forEach(function (m) {
      var is = holds(m, "data-e", id);
      m.classList.toggle("on", is);
      if (is) { noted[m.closest("article.note").getAttribute("data-note")] = true; }
    });
    critex.all(".timeline a").forEach(function (a) { a.classList.toggle("has", Boolean(noted[a.getAttribute("data-note")])); });
    var b = button(id);
    if (b && opts.focus) { b.focus({ preventScroll: true }); }
    if (b) { within(criteria.parentNode, b); }
    if (!opts.keep) { panels.scrollTop = 0; step(1, true); }
    var address = new URL(location.href);
    address.searchParams.set("c", id);
    history.replaceState(null, "", address);
  }

  // Scrolls a column, and only that, until an element of it is in view.
  function within(column, element) {
    var box = column.getBoundingClientRect(), place = element.getBoundingClientRect();
    if (place.top < box.top) { column.scrollTop -= box.top - place.top + 4; } else if (place.bottom > box.bottom) { column.scrollTop += place.bottom - box.bottom + 4; }
  }

  function marksOf(noteId, start, end) {
    var found = article(noteId);
    return found ? critex.all("mark", found).filter(function (m) { var s = Number(m.getAttribute("data-s")); return s >= start && s < end; }) : [];
  }

  function show(jump, quietly) {
    critex.all("mark.at", notes).forEach(function (m) { m.classList.remove("at"); });
    critex.all(".jump[aria-current]", panels).forEach(function (j) { j.removeAttribute("aria-current"); });
    jump.setAttribute("aria-current", "true");
    within(panels, jump);
    var noteId = jump.getAttribute("data-note");
    var marks = marksOf(noteId, Number(jump.getAttribute("data-start")), Number(jump.getAttribute("data-end")));
    marks.forEach(function (m) { m.classList.add("at"); });
    here(noteId);
    var target = marks[0] || article(noteId);
    if (target) { bring(target); }
    if (!quietly) { notes.scrollIntoView({ block: "nearest" }); }
  }

  // Only the column of notes is scrolled, so that the page stays where it is. Parts of a note that were never in view have only an estimated
  // height, so the second scroll puts right what the first has estimated.
  function center(target) {
    var box = notes.getBoundingClientRect(), place = target.getBoundingClientRect();
    notes.scrollTop += place.top - box.top - box.height / 2 + Math.min(place.height, box.height) / 2;
  }
  function bring(target) {
    center(target);
    requestAnimationFrame(function () { center(target); });
  }

  function here(noteId) {
    critex.all("article.note.here", notes).forEach(function (a) { a.classList.remove("here"); });
    critex.all(".timeline a").forEach(function (a) { a.classList.toggle("here", a.getAttribute("data-note") === noteId); });
    var found = article(noteId);
    if (found) { found.classList.add("here"); }
  }

  function step(by, quietly) {
    var list = jumps();
    if (!list.length) { if (!quietly) { critex.say("No evidence is marked."); } return; }
    at = (at + by + list.length) % list.length;
    show(list[at], quietly);
  }

  function move(by) {
    var next = critex.step(critex.all("button[data-c]", criteria), button(current), by);
    select(next.getAttribute("data-c"), { focus: true });
  }

  function nextOpen() {
    var list = critex.all("button[data-c]", criteria), i = list.indexOf(button(current));
    for (var k = 1; k <= list.length; k++) {
      var b = list[(i + k) % list.length];
      if (!b.querySelector(".decided")) { select(b.getAttribute("data-c"), { focus: true }); return; }
    }
    critex.say("You have decided every criterion.");
  }

  // Every act goes to the server at once, one after the other; the page says that it is stored only when it is.
  function act(fields) {
    var body = Object.assign({ trial: main.getAttribute("data-trial"), patient: main.getAttribute("data-patient"), criterion: current }, fields);
    if (main.getAttribute("data-index")) { body.index_date = main.getAttribute("data-index"); }
    queue = queue.then(function () { return send(body); });
    return queue;
  }

  function send(body) {
    main.setAttribute("aria-busy", "true");
    return critex.decide(body).then(function (got) {
      return got && update(got).then(function () { critex.say(got.message); });
    }).catch(function () {
      critex.say("Stored, but what you see is not renewed. Load the page again.", true);
    }).finally(function () { main.removeAttribute("aria-busy"); });
  }

  function update(got) {
    if (got.reload) { return reload(got.criterion); }
    var focused = document.activeElement, inList = criteria.contains(focused), inPanel = panels.contains(focused) ? focused.getAttribute("data-act") : null;
    var item = document.getElementById("item-" + got.criterion), old = panel(got.criterion), spot = panels.scrollTop;
    item.outerHTML = got.item;
    old.outerHTML = got.panel;
    document.getElementById("head").innerHTML = got.head;
    if (got.criterion === current) {
      var kept = at;
      select(current, { keep: true, focus: inList || Boolean(inPanel) });
      at = kept;
      panels.scrollTop = spot;
    }
    return Promise.resolve();
  }

  // What was hidden is shown: the marks in the notes change too, so the columns are fetched again and put in place.
  function reload(criterion) {
    return fetch(location.href, { headers: { Accept: "text/html" } }).then(function (a) { if (!a.ok) { throw new Error("no page"); } return a.text(); }).then(function (html) {
      var fresh = new DOMParser().parseFromString(html, "text/html"), spot = notes.scrollTop, list = criteria.parentNode.scrollTop, focusIn = criteria.contains(document.activeElement) || panels.contains(document.activeElement);
      criteria.replaceChildren.apply(criteria, Array.from(fresh.getElementById("criteria").childNodes));
      notes.replaceChildren.apply(notes, Array.from(fresh.getElementById("notes").childNodes));
      panels.replaceChildren.apply(panels, Array.from(fresh.getElementById("panels").childNodes));
      document.getElementById("head").innerHTML = fresh.getElementById("head").innerHTML;
      select(criterion || current, { keep: true, focus: focusIn });
      notes.scrollTop = spot;
      criteria.parentNode.scrollTop = list;
    });
  }

  // A selection in the page becomes characters of the note; the server counts code points, the browser UTF-16 units.
  function length(text) { return Array.from(text).length; }
  function offset(node, within) {
    var element = node.nodeType === 3 ? node.parentNode : node, chunk = element.closest(".chunk");
    if (!chunk || !notes.contains(chunk)) { return null; }
    var range = document.createRange();
    range.setStart(chunk, 0);
    range.setEnd(node, within);
    return { chunk: chunk, at: Number(chunk.getAttribute("data-start")) + length(range.toString()) };
  }
  function noteText(found) { return critex.all(".chunk", found).map(function (c) { return c.textContent; }).join(""); }
  function selection() {
    var s = getSelection();
    if (!s.rangeCount || s.isCollapsed) { return null; }
    var range = s.getRangeAt(0), a = offset(range.startContainer, range.startOffset), b = offset(range.endContainer, range.endOffset);
    if (!a || !b || a.chunk.closest("article") !== b.chunk.closest("article")) { return null; }
    var found = a.chunk.closest("article.note"), text = Array.from(noteText(found)), start = a.at, end = b.at;
    while (start < end && /\s/.test(text[start])) { start++; }
    while (end > start && /\s/.test(text[end - 1])) { end--; }
    return start < end ? { note: found.getAttribute("data-note"), start: start, end: end, text: text.slice(start, end).join("") } : null;
  }

  var dialog = document.getElementById("add"), words = document.getElementById("add-words"), told = document.getElementById("add-found");
  function tell() {
    if (!picked) { told.textContent = words.value ? "Not found in any note." : "Nothing selected."; return; }
    var n = places.length > 1 ? " (" + (places.indexOf(picked) + 1) + " of " + places.length + " places)" : "";
    told.textContent = "In note " + picked.note + ", characters " + picked.start + " to " + picked.end + n + ".";
    here(picked.note);
  }
  function search() {
    places = [];
    var wanted = words.value.trim();
    if (wanted) {
      critex.all("article.note", notes).forEach(function (a) {
        var text = noteText(a), low = text.toLowerCase(), same = low.length === text.length, from = 0, i;
        while (places.length < 500 && (i = (same ? low : text).indexOf(same ? wanted.toLowerCase() : wanted, from)) >= 0) {
          var start = length(text.slice(0, i)), hit = text.slice(i, i + wanted.length);
          places.push({ note: a.getAttribute("data-note"), start: start, end: start + length(hit), text: hit });
          from = i + Math.max(1, wanted.length);
        }
      });
    }
    picked = places[0] || null;
    tell();
  }
  function nextPlace() {
    if (places.length) { picked = places[(places.indexOf(picked) + 1) % places.length]; tell(); }
  }
  function prepare(what) {
    if (what === "add") {
      var s = selection();
      words.value = s ? s.text : "";
      places = s ? [s] : [];
      picked = s;
      tell();
    }
    if (what === "remark") { document.getElementById("remark-text").value = ""; }
  }
  words.addEventListener("input", search);
  words.addEventListener("keydown", function (event) { if (event.altKey && event.key.toLowerCase() === "n") { nextPlace(); event.preventDefault(); } });
  document.getElementById("add-next").addEventListener("click", nextPlace);
  document.addEventListener("critex-open", function (event) { prepare(event.detail); });
  document.getElementById("add-form").addEventListener("submit", function (event) {
    if (event.submitter && event.submitter.value === "cancel") { return; }
    if (!picked) { event.preventDefault(); tell(); words.focus(); return; }
    var label = document.getElementById("add-label").value;
    act({
      action: "missed_evidence", note_id: picked.note, start: picked.start, end: picked.end, text: picked.text, role: dialog.querySelector("input[name=role]:checked").value,
      label: label, value: label ? document.getElementById("add-value").value : "", assertion: label ? document.getElementById("add-assertion").value : ""
    });
  });
  document.getElementById("remark-form").addEventListener("submit", function (event) {
    if (event.submitter && event.submitter.value === "cancel") { return; }
    act({ action: "comment", comment: document.getElementById("remark-text").value });
  });
  document.getElementById("remark-text").addEventListener("keydown", function (event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { document.querySelector("#remark-form button[value=ok]").click(); }
  });

  function wrong(source) {
    return act({ action: "wrong_span", note_id: source.getAttribute("data-note"), start: Number(source.getAttribute("data-start")), end: Number(source.getAttribute("data-end")), text: source.getAttribute("data-text") });
  }

  main.addEventListener("click", function (event) {
    var target = event.target.closest("[data-act]");
    if (target) {
      var what = target.getAttribute("data-act");
      if (what === "wrong_span") { wrong(target); } else if (what === "correct") { act({ action: "correct", verdict: target.getAttribute("data-verdict") }); } else { act({ action: what }); }
      return;
    }
    target = event.target.closest(".criteria button[data-c], .change[data-c]");
    if (target) { select(target.getAttribute("data-c"), { focus: true }); return; }
    target = event.target.closest(".jump");
    if (target) { at = jumps().indexOf(target); show(target); return; }
    target = event.target.closest("mark[data-e]");
    if (target && getSelection().isCollapsed) {
      var all = target.getAttribute("data-e").split(" "), next = all.indexOf(current) >= 0 && all.length > 1 ? all[(all.indexOf(current) + 1) % all.length] : all[0];
      select(next, { keep: true });
      var s = Number(target.getAttribute("data-s"));
      jumps().forEach(function (j, i) { if (Number(j.getAttribute("data-start")) <= s && s < Number(j.getAttribute("data-end")) && j.getAttribute("data-note") === target.closest("article").getAttribute("data-note")) { at = i; j.setAttribute("aria-current", "true"); within(panels, j); } });
      return;
    }
    target = event.target.closest(".timeline a");
    if (target) { event.preventDefault(); here(target.getAttribute("data-note")); var found = article(target.getAttribute("data-note")); if (found) { notes.scrollTop += found.getBoundingClientRect().top - notes.getBoundingClientRect().top; } }
  });

  notes.addEventListener("change", function (event) {
    if (event.target.id !== "only") { return; }
    var wanted = event.target.value;
    notes.classList.toggle("only", Boolean(wanted));
    critex.all("mark.m", notes).forEach(function (m) { m.classList.toggle("shown", holds(m, "data-l", wanted)); });
  });

  var calendar = document.getElementById("calendar");
  if (calendar) {
    calendar.addEventListener("toggle", function () {
      if (!calendar.open || calendar.getAttribute("data-done")) { return; }
      calendar.setAttribute("data-done", "1");
      fetch(calendar.getAttribute("data-from")).then(function (a) { if (!a.ok) { throw new Error("no calendar"); } return a.text(); }).then(function (html) {
        document.getElementById("calendar-body").innerHTML = html;
      }).catch(function () { critex.say("The calendar could not be made.", true); });
    });
  }

  var index = document.getElementById("index");
  index.addEventListener("change", function () { index.requestSubmit(); });
  index.addEventListener("submit", function () {
    var hidden = document.createElement("input");
    hidden.type = "hidden"; hidden.name = "c"; hidden.value = current;
    index.appendChild(hidden);
  });

  critex.keys({
    j: function () { move(1); },
    k: function () { move(-1); },
    n: function () { step(1); },
    p: function () { step(-1); },
    o: nextOpen,
    a: function () { act({ action: "accept" }); },
    "1": function () { act({ action: "correct", verdict: "pass" }); },
    "2": function () { act({ action: "correct", verdict: "fail" }); },
    "3": function () { act({ action: "correct", verdict: "unknown" }); },
    x: function () {
      var list = jumps(), source = list[at] && list[at].parentNode.querySelector("[data-act=wrong_span]");
      if (source) { wrong(source); } else { critex.say("Choose a span of the machine's evidence with n first."); }
    },
    e: function () { prepare("add"); critex.open("add"); words.focus(); },
    c: function () { prepare("remark"); critex.open("remark"); },
    u: function () { act({ action: "undo" }); },
    d: function () { index.elements.index_date.focus(); },
    l: function () { return critex.go("up"); },
    "]": function () { return critex.go("next"); },
    "[": function () { return critex.go("prev"); }
  });

  select(main.getAttribute("data-selected"), { focus: true });
})();
