"""Serves the page on 127.0.0.1."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable, Sequence
from threading import Thread

import uvicorn

from critex.errors import CritexError
from critex.review.app import Pages
from critex.review.security import Guard, Sessions
from critex.review.workbench import Workbench

HOST = "127.0.0.1"
OPEN_PATHS = ("/enter", "/static/")


def _get_ready(pages: Pages) -> None:
    pages.warm_up()
    # The tables of all patients stay as long as the server: looking through them for garbage would cost every fourth page 50 ms.
    gc.collect()
    gc.freeze()


def serve(bench: Workbench, reviewers: Sequence[str], port: int, announce: Callable[[str, str], None]) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    bench : Workbench
    reviewers : sequence of str
        Each gets an address of their own.
    port : int
        0 takes a free one.
    announce : callable
        Told each reviewer's name and address, once the page can be opened.

    Raises
    ------
    CritexError
        If the port is taken.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        raise CritexError(f"--port {port}: {error.strerror}. Leave it out to take a free one.") from None
    listening.listen(128)
    port = listening.getsockname()[1]

    def address(name: str, token: str) -> None:
        announce(name, f"http://{HOST}:{port}/enter?token={token}")

    sessions = Sessions(address)
    pages = Pages(bench, sessions, f"critex_{port}")
    guarded = Guard(pages.app(), sessions, port, OPEN_PATHS)
    config = uvicorn.Config(
        guarded, log_config=None, log_level="critical", access_log=False, server_header=False, lifespan="off", ws="none", timeout_graceful_shutdown=2
    )  # fmt: skip
    for name in reviewers:
        address(name, sessions.token_for(name))
    Thread(target=_get_ready, args=(pages,), daemon=True).start()
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        bench.store.close()
        listening.close()
