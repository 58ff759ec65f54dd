"""Hundreds of browsers on one thread: keep-alive connections, no parsing but what is asked for, every answer timed."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

Kind = TypeVar("Kind")

PATIENCE = 30.0  # seconds after which a person gives up


@dataclass(frozen=True)
class Answer:
    """What came back: `status` 0 means that nothing did, `body` then says why."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Tally:
    """Every request of a run by its kind: seconds of each, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def share(self, kinds: set[str] | None, part: float) -> float:
        """Return the milliseconds within which `part` of the answers came, over some kinds or all of them."""
        held = sorted(s for kind, many in self.seconds.items() if kinds is None or kind in kinds for s in many)
        return 1000 * held[min(len(held) - 1, int(part * len(held)))] if held else 0.0

    @property
    def count(self) -> int:
        """Return how many requests were asked."""
        return sum(len(many) for many in self.seconds.values())


class Browser:
    """One person's browser: a cookie jar and a connection that is kept while the server keeps it."""

    def __init__(self, host: str, port: int, cookies: Mapping[str, str], tally: Tally) -> None:
        self.host, self.port, self.tally = host, port, tally
        self.cookies = dict(cookies)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self,
        kind: str,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        good: Callable[[Answer], bool] = lambda answer: answer.status in (200, 302),
    ) -> Answer:
        """Send one request and wait for the whole answer; time it under `kind`, and note it when it is not `good`."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            "Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        message = "\r\n".join([*lines, "", ""]).encode() + body
        began = time.perf_counter()
        try:
            answer = await asyncio.wait_for(self._exchange(message), PATIENCE)
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.close()
            answer = Answer(0, {}, repr(error).encode())
        self.tally.seconds[kind].append(time.perf_counter() - began)
        if not good(answer):
            self.tally.errors.append(f"{kind} {path}: {answer.status} {answer.body[:200].decode(errors='replace')}")
        return answer

    async def _exchange(self, message: bytes) -> Answer:
        if self._writer is not None and self._reader is not None and not self._reader.at_eof():
            try:
                self._writer.write(message)
                return await self._answer(self._reader)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                # The server closed a connection that was idle. A browser asks anew when nothing had come back yet.
                if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                    raise
        self.close()
        self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        self._writer.write(message)
        return await self._answer(self._reader)

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ", 2)[1])
        headers: dict[str, str] = {}
        for line in head[1:]:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                self.cookies[cookie] = content
            else:
                headers[name.lower()] = value
        if "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding", "") == "chunked":
            body = await _chunks(reader)
        else:
            body = await reader.read()
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body)

    def close(self) -> None:
        """Let go of the connection."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readline()
    return b"".join(parts)


async def together(people: list[Callable[[], Awaitable[None]]]) -> None:
    """Let all people do what they do at once, to the end."""
    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(_run(person))


def run(what: Coroutine[Any, Any, Kind]) -> Kind:
    """Run a coroutine to its end on a thread of its own, whatever loop this one may have."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, what).result()


async def _run(person: Callable[[], Awaitable[None]]) -> None:
    await person()
