"""Runs a listener in a thread of its own, so that it serves whatever event loop asks."""

import asyncio
import ssl
from concurrent.futures import Future
from threading import Thread

from .listener import Listener, RequestHandler


class Background:
    """A thread that listens until it is told to stop.

    Args:
        handler: Responds to the requests, in the thread.
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.
        tls: Makes it https.

    Attributes:
        started: The port, once it listens; or why it cannot, such as an OSError.
        ended: Done when everything is closed.
    """

    def __init__(
        self, handler: RequestHandler, host: str, port: int, tls: ssl.SSLContext | None
    ) -> None:
        self.started: Future[int] = Future()
        self.ended: Future[None] = Future()
        self._stopping: Future[None] = Future()
        self._listening = (handler, host, port, tls)
        self._thread = Thread(target=self._run, name="portkey-server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Have it close everything; `ended` tells when it has."""
        self._stopping.set_result(None)

    def join(self) -> None:
        """Wait until the thread is gone."""
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self.ended.set_result(None)

    async def _serve(self) -> None:
        try:
            listener = await Listener.listen(*self._listening)
        except Exception as exc:  # noqa: BLE001  # raised again where the server is started
            self.started.set_exception(exc)
            return
        self.started.set_result(listener.port)
        await asyncio.wrap_future(self._stopping)
        await listener.close()
