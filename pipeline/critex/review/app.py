"""The routes of the reviewers' page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from critex import __version__
from critex.criteria.trial import Trial
from critex.report.view import ICONS
from critex.review.adjudication import open_cases
from critex.review.agreement import agreements, following
from critex.review.beside import CohortPages, calendar_file, calendar_of_patient, calendar_view, packet_file
from critex.review.exports import decisions_frame, final_candidates, write_gold, write_reviewed_brat, zipped
from critex.review.patient_view import PatientView, label_group
from critex.review.security import Sessions
from critex.review.workbench import Act, Refused, Workbench
from critex.review.worklist import Query
from critex.run.store import csv_quoting
from critex.tables import ASSERTIONS, STATUSES, VERDICTS

STATIC = {
    "page.css": ("critex.report", "templates", "text/css"),
    "labs.css": ("critex.report", "templates", "text/css"),
    "cohort.css": ("critex.report", "templates", "text/css"),
    "review.css": ("critex.review", "static", "text/css"),
    "review.js": ("critex.review", "static", "text/javascript"),
    "worklist.js": ("critex.review", "static", "text/javascript"),
    "patient.js": ("critex.review", "static", "text/javascript"),
    "adjudicate.js": ("critex.review", "static", "text/javascript"),
    "icon.svg": ("critex.review", "static", "image/svg+xml"),
}
KEPT = "private, max-age=31536000, immutable"
STATUS_ICONS = {"candidate": "●", "possible": "◐", "ineligible": "✕"}
LIST_FIELDS = ("search", "status", "criterion", "verdict", "review", "reviewed", "sort", "down")


def note_html(text: str) -> Markup:
    """Text of a note, escaped so that the browser keeps every character: offsets in the page are offsets in the note."""
    return Markup(str(escape(text)).replace("\r", "&#13;"))  # noqa: S704 - escaped on this line


@cache
def environment() -> Environment:
    """Templates of the page, and those that it shares with the report; autoescape is on for everything."""
    env = Environment(
        loader=ChoiceLoader([PackageLoader("critex.review", "templates"), PackageLoader("critex.report", "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["note_html"] = note_html
    env.filters["group"] = label_group
    env.filters["figure"] = lambda x: "not defined" if x != x else f"{x:.2f}"
    env.filters["thousands"] = lambda n: f"{n:,}"
    env.globals.update(
        icons=ICONS, status_icons=STATUS_ICONS, version=__version__, assertions=ASSERTIONS, url=url, static=static_url, verdicts=VERDICTS, statuses=STATUSES
    )  # fmt: skip
    return env


def url(path: str, **fields: Any) -> str:
    """An address of the page; empty fields are left out."""
    given = {k: v for k, v in fields.items() if v not in ("", None, False)}
    return f"{path}?{urlencode(given)}" if given else path


@cache
def static_file(name: str) -> bytes:
    """One of our own style sheets and scripts; KeyError where there is no such file."""
    package, folder, _ = STATIC[name]
    return (files(package) / folder / name).read_bytes()


@cache
def static_url(name: str) -> str:
    """Address of a style sheet or script, another one whenever its content changes: browsers may keep it."""
    return f"/static/{name}?v={hashlib.blake2b(static_file(name), digest_size=8).hexdigest()}"


class Pages:
    """The pages over one workbench.

    Parameters
    ----------
    bench : Workbench
    sessions : Sessions
    cookie : str
        Name of the session's cookie.
    """

    def __init__(self, bench: Workbench, sessions: Sessions, cookie: str) -> None:
        self.bench = bench
        self.sessions = sessions
        self.cookie = cookie
        self.cohorts = CohortPages(bench.folder)

    def app(self) -> Starlette:
        """The ASGI application, without its guard."""
        return Starlette(
            routes=[
                Route("/", self.work_list),
                Route("/enter", self.enter),
                Route("/rows", self.rows),
                Route("/patient", self.patient),
                Route("/decide", self.decide, methods=["POST"]),
                Route("/agreement", self.agreement),
                Route("/adjudicate", self.adjudicate),
                Route("/cohort", self.cohort),
                Route("/packet", self.packet),
                Route("/calendar", self.calendar),
                Route("/calendar.ics", self.calendar_file),
                Route("/export", self.export),
                Route("/export/{name}", self.download),
                Route("/static/{name}", self.static),
            ],
            exception_handlers={HTTPException: self.failed},
        )

    def warm_up(self) -> None:
        """Make the page of a patient once, so that nobody waits with the first patient for tables to be opened and templates to be compiled."""
        trial = self.bench.folder.trials[0]
        first = self.bench.folder.candidates["patient_id"]
        with suppress(Exception):  # the patient's own page will say what is wrong
            self._patient_page(trial, str(first.iloc[0]), "", {})

    def render(self, template: str, request: Request, **values: Any) -> HTMLResponse:
        """A page for whoever asks."""
        return self._page(template, request.state.reviewer, **values)

    def _page(self, template: str, reviewer: str, **values: Any) -> HTMLResponse:
        """A page with what every page needs."""
        common = {
            "reviewer": reviewer, "trials": self.bench.folder.trials, "remarks": self.bench.folder.remarks, "rules": self.bench.rules,
            "may_see_all": self._sees_all(reviewer), "may_adjudicate": self.bench.may_adjudicate(reviewer),
        }  # fmt: skip
        return HTMLResponse(environment().get_template(template).render(**common, **values))

    async def failed(self, request: Request, error: Exception) -> Response:
        """A plain page that says what was wrong."""
        code = error.status_code if isinstance(error, HTTPException) else 500
        words = {
            403: "This page would show what is hidden from you in this review.",
            404: "There is no such page or patient in this run.",
        }.get(code, "This cannot be done.")
        html = environment().get_template("failed.html").render(code=code, words=words)
        return HTMLResponse(html, code)

    def static(self, request: Request) -> Response:
        """One of our own style sheets and scripts, which hold nothing of a patient: the browser keeps what it asked for by its hash."""
        name = request.path_params["name"]
        if name not in STATIC:
            raise HTTPException(404)
        kept = {"Cache-Control": KEPT} if str(request.url).endswith(static_url(name)) else None
        return Response(static_file(name), media_type=STATIC[name][2], headers=kept)

    def enter(self, request: Request) -> Response:
        """Change the one-time token of the printed address into a session."""
        cookie = self.sessions.enter(request.query_params.get("token", ""))
        if cookie is None:
            words = "This address is not valid, or was opened before. A new one stands in the terminal where critex review runs, if it was."
            return HTMLResponse(environment().get_template("failed.html").render(code=403, words=words), 403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self.cookie, cookie, httponly=True, samesite="strict", path="/")
        return answer

    def _trial(self, given: Mapping[str, str]) -> Any:
        try:
            return self.bench.trial(given.get("trial"))
        except KeyError:
            raise HTTPException(404) from None

    def _found(self, request: Request) -> dict[str, Any]:
        trial = self._trial(request.query_params)
        query = Query.of(request.query_params)
        reviewer = request.state.reviewer
        found = self.bench.lists[trial.trial].find(query, reviewer, self.bench.store, self.bench.blind_to(reviewer))
        fields = {k: request.query_params.get(k, "") for k in LIST_FIELDS}
        return {
            "trial": trial,
            "query": query,
            "found": found,
            "fields": fields,
            "blind": self.bench.blind_to(reviewer),
        }

    def work_list(self, request: Request) -> Response:
        """All patients, filtered and sorted."""
        known = sorted({d.reviewer for d in self.bench.store.all()})
        return self.render("worklist.html", request, known_reviewers=known, **self._found(request))

    def rows(self, request: Request) -> Response:
        """Only the table of the work list."""
        return self.render("rows.html", request, **self._found(request))

    def patient(self, request: Request) -> Response:
        """One patient."""
        trial, given = self._trial(request.query_params), request.query_params
        return self._patient_page(trial, given.get("id", ""), request.state.reviewer, given)

    def _patient_page(self, trial: Trial, patient_id: str, reviewer: str, given: Mapping[str, str]) -> HTMLResponse:
        bench, query = self.bench, Query.of(given)
        try:
            index = date.fromisoformat(given["index_date"]) if given.get("index_date") else None
        except ValueError:
            index = None
        try:
            view = bench.patient(trial, patient_id, reviewer, index)
            before, after, place, n = bench.lists[trial.trial].neighbours(
                patient_id, query, reviewer, bench.store, bench.blind_to(reviewer)
            )
        except KeyError:
            raise HTTPException(404) from None
        fields = {k: given.get(k, "") for k in LIST_FIELDS}
        wanted = given.get("c", "")
        selected = wanted if wanted in {c.id for c in view.criteria} else first_open(view)
        return self._page(
            "patient.html", reviewer, trial=trial, p=view, fields=fields, before=before, after=after, place=place, n_list=n, selected=selected
        )  # fmt: skip

    def _open_to(self, request: Request) -> None:
        """Refuse what would tell a blinded reviewer of others' decisions."""
        if self.bench.blind_to(request.state.reviewer):
            raise HTTPException(403)

    def agreement(self, request: Request) -> Response:
        """How far reviewers agree, and how often they follow the machine."""
        self._open_to(request)
        trial = self._trial(request.query_params)
        decisions = self.bench.all_counting(trial)
        return self.render(
            "agreement.html",
            request,
            trial=trial,
            pairs=agreements(decisions, self.bench.machine_spans(trial)),
            followers=following(decisions),
            n_decisions=len(decisions),
            n_elsewhere=self.bench.n_elsewhere(trial),
            n_reviewers=len({d.reviewer for d in decisions}),
            n_patients=len({d.patient_id for d in decisions}),
        )

    def adjudicate(self, request: Request) -> Response:
        """Cases on which reviewers differ."""
        self._open_to(request)
        if not self.bench.may_adjudicate(request.state.reviewer):
            raise HTTPException(403)
        trial = self._trial(request.query_params)
        cases, n_open, n_settled = open_cases(self.bench, trial, request.state.reviewer)
        return self.render(
            "adjudicate.html", request, trial=trial, cases=cases, n_open=n_open, n_settled=n_settled, n_hidden=n_open + n_settled - len(cases)
        )  # fmt: skip

    def _sees_all(self, reviewer: str) -> bool:
        """Whether no verdict is hidden from a reviewer: pages over all criteria would tell them."""
        return not self.bench.rules.hide_share or reviewer in self.bench.rules.adjudicators

    def cohort(self, request: Request) -> Response:
        """All patients together."""
        if not self._sees_all(request.state.reviewer):
            raise HTTPException(403)
        trial = self._trial(request.query_params)
        href = f"{url('/patient', trial=trial.trial)}&id={{}}"
        return self.render("cohort_page.html", request, trial=trial, body=self.cohorts.body(trial, href))

    def packet(self, request: Request) -> Response:
        """The evidence packet of a patient, for the file."""
        self._open_to(request)
        trial, patient_id = self._trial(request.query_params), request.query_params.get("id", "")
        if not self._sees_all(request.state.reviewer):
            raise HTTPException(403)
        if patient_id not in self.bench.lists[trial.trial].ids:
            raise HTTPException(404)
        body = packet_file(self.bench.folder, trial, patient_id)
        return Response(
            body, media_type="text/html", headers={"Content-Disposition": 'attachment; filename="packet.html"'}
        )

    def _calendar(self, request: Request) -> Any:
        if not self._sees_all(request.state.reviewer):
            raise HTTPException(403)
        trial = self._trial(request.query_params)
        try:
            rows = self.bench.folder.patient(trial.trial, request.query_params.get("id", ""))
        except KeyError:
            raise HTTPException(404) from None
        return trial, calendar_of_patient(self.bench.folder, trial, rows)

    def calendar(self, request: Request) -> Response:
        """Until when a patient qualifies: a part of the patient's page."""
        trial, found = self._calendar(request)
        view = calendar_view(*found) if found else None
        patient_id = request.query_params.get("id", "")
        return self.render("calendar.html", request, trial=trial, view=view, patient_id=patient_id)

    def calendar_file(self, request: Request) -> Response:
        """The same as a file for a calendar program."""
        trial, found = self._calendar(request)
        if found is None:
            raise HTTPException(404)
        kept = {"Content-Disposition": 'attachment; filename="critex.ics"'}
        return Response(calendar_file(trial, *found), media_type="text/calendar", headers=kept)

    def export(self, request: Request) -> Response:
        """What can be taken out."""
        self._open_to(request)
        return self.render(
            "export.html", request, folder=self.bench.folder.out.name, n_decisions=len(self.bench.store.all())
        )

    def download(self, request: Request) -> Response:
        """One exported file."""
        self._open_to(request)
        trial, name = self._trial(request.query_params), request.path_params["name"]
        bench = self.bench
        if name == "candidates.csv" and not self._sees_all(request.state.reviewer):
            raise HTTPException(403)
        if name in ("decisions.csv", "candidates.csv"):
            frame = decisions_frame(bench) if name == "decisions.csv" else final_candidates(bench)
            body, kind = frame.to_csv(index=False, lineterminator="\n", quoting=csv_quoting(frame)).encode(), "text/csv"
        elif name == "decisions.parquet":
            body, kind = decisions_frame(bench).to_parquet(index=False), "application/vnd.apache.parquet"
        elif name == "gold.zip":
            body, kind = zipped(lambda folder: write_gold(bench, trial, folder)), "application/zip"
        elif name == "brat.zip":
            body, kind = zipped(lambda folder: write_reviewed_brat(bench, trial, folder)), "application/zip"
        else:
            raise HTTPException(404)
        return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    async def decide(self, request: Request) -> Response:
        """Store what a reviewer did; answers with the parts of the page that change."""
        body = await request.body()
        return await run_in_threadpool(self._decide, body, request.state.reviewer)

    def _decide(self, body: bytes, reviewer: str) -> Response:
        try:
            act = Act.model_validate_json(body)
            decision = self.bench.decide(act, reviewer)
        except ValidationError as error:
            where = ", ".join(
                ".".join(map(str, e["loc"])) for e in error.errors(include_input=False, include_url=False)
            )
            return JSONResponse({"error": f"Not understood: {where}."}, 400)
        except Refused as error:
            return JSONResponse({"error": str(error)}, 409)
        trial = self.bench.trial(act.trial)
        view = self.bench.patient(trial, act.patient, reviewer, act.index_date)
        c = next(c for c in view.criteria if c.id == decision.criterion)
        parts: Any = environment().get_template("criterion.html").module
        return JSONResponse(
            {
                "message": spoken(decision),
                "criterion": c.id,
                "item": str(parts.item(c)),
                "panel": str(
                    parts.panel(c, reviewer, self.bench.blind_to(reviewer), self.bench.may_adjudicate(reviewer), view)
                ),
                "head": str(parts.head(view, reviewer)),
                "reload": decision.hidden or decision.action in ("undo", "missed_evidence"),
            }
        )


def first_open(view: PatientView) -> str:
    """The criterion to begin with: the first that needs a look and has none yet, else the first."""
    waiting = [c for c in view.criteria if c.mine is None]
    for c in waiting:
        if c.needs_review or c.verdict == "fail" or c.hidden:
            return c.id
    return (waiting or view.criteria)[0].id


def spoken(d: Any) -> str:
    """What was stored, in words for the page's status line."""
    said = {
        "accept": f"{d.criterion}: {d.verdict} accepted.",
        "correct": f"{d.criterion}: corrected to {d.verdict}.",
        "wrong_span": f"{d.criterion}: span marked as wrong.",
        "missed_evidence": f"{d.criterion}: evidence added.",
        "comment": f"{d.criterion}: comment stored.",
        "adjudicate": f"{d.criterion}: settled as {d.verdict}.",
        "undo": f"{d.criterion}: {d.comment.replace('_', ' ')} taken back.",
    }[d.action]
    return f"{said} For index date {d.index_date}." if d.other_date else said
