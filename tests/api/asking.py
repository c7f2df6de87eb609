"""Asks the API, in process and without a socket, and reads its errors."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI


def ask(app: FastAPI, path: str, *, method: str = "GET", body: Any = None, **options: Any) -> httpx.Response:
    """One call; `body` is sent as JSON."""

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **({} if body is None else {"json": body}), **options)

    return asyncio.run(send())


def problem(answer: httpx.Response, status: int) -> str:
    """The one line of an error that is as RFC 9457 says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    return str(body["detail"])
