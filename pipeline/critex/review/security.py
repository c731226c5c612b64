"""Who may talk to the page: sessions, the Host and Origin checks, and the headers of every answer."""

from __future__ import annotations

import hashlib
import secrets
import sys
import traceback
from collections.abc import Callable
from http.cookies import SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64_000
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

KEEPABLE = ("Cache-Control",)
"""Headers that an answer may set itself: nothing is kept in the browser but what says so."""


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    """One-time tokens of the printed addresses, and the sessions that they were changed into.

    Parameters
    ----------
    announce : callable
        Told a reviewer's name and a new token, when an address that was used already is opened again.
    """

    def __init__(self, announce: Callable[[str, str], None] | None = None) -> None:
        self._waiting: dict[str, str] = {}
        self._used: dict[str, str] = {}
        self._sessions: dict[str, str] = {}
        self._announce = announce

    def token_for(self, reviewer: str) -> str:
        """A token that opens the page once, as this reviewer."""
        token = secrets.token_urlsafe(32)
        self._waiting[_digest(token)] = reviewer
        return token

    def enter(self, token: str) -> str | None:
        """Change a token into the value of a cookie; ``None`` where the token is wrong or was used."""
        digest = _digest(token)
        reviewer = self._waiting.pop(digest, None)
        if reviewer is None:
            owner = self._used.pop(digest, None)
            if owner is not None and self._announce is not None:
                self._announce(owner, self.token_for(owner))
            return None
        self._used[digest] = reviewer
        cookie = secrets.token_urlsafe(32)
        self._sessions[_digest(cookie)] = reviewer
        return cookie

    def reviewer(self, cookie: str) -> str | None:
        """Whose session a cookie is."""
        return self._sessions.get(_digest(cookie))


class Guard:
    """Lets through only requests to our own address from somebody who has a session.

    A page of another site cannot reach it: the Host must be ours (no DNS rebinding), the cookie is SameSite=Strict, and what writes must carry
    our own Origin. Errors are told without their message, which could hold a patient's data.

    Parameters
    ----------
    app : ASGI application
    sessions : Sessions
    port : int
    open_paths : tuple of str
        Beginnings of paths that need no session.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, port: int, open_paths: tuple[str, ...]) -> None:
        self.app = app
        self.sessions = sessions
        self.cookie = f"critex_{port}"
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request and pass it on."""
        if scope["type"] != "http":
            return
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, _with_headers(send))
            return
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await _with_headers(send)(message)

        try:
            await self.app(scope, receive, sent)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
            print(f"critex review: {type(error).__name__} at {where}", file=sys.stderr, flush=True)
            if not started:
                answer = PlainTextResponse(f"Something went wrong ({type(error).__name__} at {where}). Nothing was stored.", 500)  # fmt: skip
                await answer(scope, receive, _with_headers(send))

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self.hosts:
            return PlainTextResponse("This address is not served here.", 421)
        path = str(scope["path"])
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Method not allowed.", 405)
        if scope["method"] == "POST":
            if (
                headers.get("origin") != f"http://{host}"
                or headers.get("sec-fetch-site", "same-origin") != "same-origin"
            ):
                return PlainTextResponse("Only the page itself may write.", 403)
            if headers.get("content-type", "").split(";")[0].strip() != "application/json":
                return PlainTextResponse("Send JSON.", 415)
            length = headers.get("content-length", "")
            if not length.isdigit() or int(length) > MAX_BODY:
                return PlainTextResponse("Too long.", 413)
        if path.startswith(self.open_paths):
            return None
        cookies = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except Exception:  # a cookie that cannot be read is no cookie
            cookies.clear()
        held = cookies.get(self.cookie)
        reviewer = self.sessions.reviewer(held.value) if held is not None else None
        if reviewer is None:
            return PlainTextResponse(
                "Open the address that `critex review` printed in the terminal; it works once.", 401
            )
        scope.setdefault("state", {})["reviewer"] = reviewer
        return None


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                if name not in KEEPABLE or name not in headers:
                    headers[name] = value
        await send(message)

    return sent
