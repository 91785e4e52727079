"""What goes through the proxy goes through unchanged, to where the configuration says."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from llmwatch.config import parse
from llmwatch.errors import ConfigError
from tests.proxying import CHAT, Got, Passing, always, asking, completion, head, passing, proxying, whole


async def test_bytes_and_headers_of_both_sides_are_passed_on(passing_on: Passing) -> None:
    sent = b'{"model" : "gpt-4o-mini",\n"messages":[{"role":"user","content":"\\u00e9 \xc3\xa9"}]  }\n'
    said = completion().replace(b'{"id"', b'{ "id"') + b"\n"
    answer = whole(
        said, openai_processing_ms="42", x_request_id="req_1", connection="keep-alive, x-hop", x_hop="1",
        set_cookie="a=b", keep_alive="timeout=5",
    )  # fmt: skip
    headers = {
        "Content-Type": "application/json", "Authorization": "Bearer sk-planted-key", "OpenAI-Beta": "x=y",
        "Connection": "keep-alive, X-Mine", "X-Mine": "1", "TE": "trailers", "Accept-Encoding": "br",
        "Proxy-Authorization": "Basic eDp5",
    }  # fmt: skip
    async with proxying(passing_on, always(answer)) as proxy:
        for _ in range(2):
            response = await proxy.client.post(CHAT + "?a=%2F&b", content=sent, headers=headers)
        (got, _) = proxy.got
    assert response.status_code == 200
    assert response.content == said
    assert response.headers["openai-processing-ms"] == "42"
    assert response.headers["set-cookie"] == "a=b"
    assert "x-hop" not in response.headers
    assert "keep-alive" not in response.headers
    assert (got.method, got.target, got.body) == ("POST", "/v1/chat/completions?a=%2F&b", sent)
    assert got.headers["authorization"] == "Bearer sk-planted-key"
    assert got.headers["openai-beta"] == "x=y"
    assert got.headers["accept-encoding"] == "identity", "an answer in brotli could not be recorded"
    assert got.headers["host"] != proxy.client.base_url.netloc.decode()
    assert not {"x-mine", "te", "connection", "proxy-authorization", "cookie"} & got.headers.keys()
    assert [call.span.call.response_id for call in proxy.calls() if call.span.call] == ["chatcmpl-1"] * 2


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("POST", "/v1/responses", "/v1/responses"),
        ("POST", "/v1/embeddings", "/v1/embeddings"),
        ("POST", "/v1/completions", "/v1/completions"),
        ("GET", "/v1/models", "/v1/models"),
        ("POST", "/v1/messages?beta=true", "/v1/messages?beta=true"),
        ("POST", "/v1/messages/count_tokens", "/v1/messages/count_tokens"),
        ("POST", "/proxy/openai/chat/completions", "/v1/chat/completions"),
        ("POST", "/proxy/openai/v1/chat/completions", "/v1/chat/completions"),
        ("GET", "/proxy/openai/files/a%2Fb?limit=2", "/v1/files/a%2Fb?limit=2"),
        ("DELETE", "/proxy/openai/files/f", "/v1/files/f"),
        ("PATCH", "/proxy/openai/things/f", "/v1/things/f"),
        ("OPTIONS", "/proxy/openai/files", "/v1/files"),
        ("POST", "/proxy/anthropic/v1/messages", "/v1/messages"),
        ("POST", "/proxy/gemini/v1beta/models/g:countTokens?key=k", "/v1beta/models/g:countTokens?key=k"),
        ("POST", "/proxy/ollama/api/chat", "/api/chat"),
        ("POST", "/proxy/ollama/v1/chat/completions", "/v1/chat/completions"),
    ],
)  # fmt: skip
async def test_where_paths_lead(passing_on: Passing, method: str, path: str, target: str) -> None:
    async with proxying(passing_on, always(whole(b'{"data": []}'))) as proxy:
        response = await proxy.client.request(method, path)
        assert (response.status_code, response.content) == (200, b'{"data": []}')
        assert [(got.method, got.target) for got in proxy.got] == [(method, target)]


async def test_addresses_are_not_logged(passing_on: Passing, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with proxying(passing_on, always(whole(b'{"candidates": []}'))) as proxy:
        asked = "/proxy/gemini/v1beta/models/g:generateContent?key=planted-key"
        assert (await proxy.client.post(asked, json={"contents": []})).status_code == 200
    assert "planted-key" not in caplog.text, "Google's keys are in the address"


async def test_what_is_no_model_call_is_not_recorded(passing_on: Passing) -> None:
    async with proxying(passing_on, always(whole(b'{"input_tokens": 3}'))) as proxy:
        await proxy.client.post("/v1/messages/count_tokens", json=asking())
        await proxy.client.get("/v1/models", headers={"anthropic-version": "2023-06-01"})
        await proxy.client.get("/proxy/openai/chat/completions")
    assert proxy.stored() == []


async def test_nothing_but_the_configuration_says_where_calls_go(passing_on: Passing) -> None:
    async with proxying(passing_on, always(whole(completion()))) as proxy:
        elsewhere = {
            "Helicone-Target-Url": "http://example.com", "Helicone-OpenAI-Api-Base": "http://example.com",
            "X-Target-URL": "http://example.com", "X-Forwarded-Host": "example.com",
        }  # fmt: skip
        assert (await proxy.client.post(CHAT, json=asking(), headers=elsewhere)).status_code == 200
        unknown = await proxy.client.post("/proxy/example.com/v1/chat/completions", json=asking())
        assert unknown.status_code == 404
        assert "[providers.example.com]" in unknown.json()["error"]["message"]
        for path in ("/proxy/openai/../../other", "/proxy/openai/%2e%2e/other", "/proxy/openai", "/proxy/"):
            assert (await _raw(proxy.client, path)) in (400, 404), path
        wrong = await proxy.client.post("/proxy/wrong/v1/chat/completions", json=asking())
        assert wrong.status_code == 502
        assert "base_url" in wrong.json()["error"]["message"]
        assert len(proxy.got) == 1


async def _raw(client: httpx.AsyncClient, target: str) -> int:
    """The status of a request whose target no client has put right."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status


async def test_redirects_are_the_clients_affair(passing_on: Passing) -> None:
    answer = head(307, location="http://127.0.0.1:1/v1/chat/completions", content_length="0")
    async with proxying(passing_on, always(answer)) as proxy:
        response = await proxy.client.post(CHAT, json=asking())
        assert response.status_code == 307
        assert response.headers["location"] == "http://127.0.0.1:1/v1/chat/completions"
        assert len(proxy.got) == 1


async def test_compressed_bodies_pass_as_they_are_and_are_read(passing_on: Passing) -> None:
    sent, said = gzip.compress(json.dumps(asking("Bonjour")).encode()), gzip.compress(completion("Salut."))
    answer = whole(said, content_encoding="gzip")
    headers = {
        "Content-Encoding": "gzip",
        "Content-Type": "application/json",
        "Accept-Encoding": "br, gzip;q=0.5",
    }
    async with proxying(passing_on, always(answer)) as proxy:
        async with proxy.client.stream("POST", CHAT, content=sent, headers=headers) as response:
            assert b"".join([chunk async for chunk in response.aiter_raw()]) == said
        assert proxy.got[0].body == sent
        assert proxy.got[0].headers["accept-encoding"] == "gzip;q=0.5"
    (call,) = proxy.calls()
    content = call.span.content
    assert [m.parts[0].text for m in (*content.input_messages, *content.output_messages)] == [
        "Bonjour",
        "Salut.",
    ]


async def test_a_provider_that_cannot_be_reached(passing_on: Passing) -> None:
    async with proxying(passing_on, always(b"")) as proxy:
        response = await proxy.client.post("/proxy/nobody/v1/messages", json=asking())
    assert response.status_code == 502
    assert response.json()["type"] == "error"
    assert response.json()["error"]["type"] == "api_error"
    assert "connection refused" in response.json()["error"]["message"]
    (call,) = proxy.calls()
    assert (call.span.status, call.span.error_type) == ("error", "connection_error")
    assert call.span.call
    assert (call.span.call.provider, call.span.call.usage) == ("nobody", None)


async def test_a_provider_that_is_silent(tmp_path: Path) -> None:
    never = asyncio.Event()

    async def silence(_: Got, __: asyncio.StreamWriter) -> None:
        await never.wait()

    with passing(tmp_path, silence_s=0.05) as impatient:
        async with proxying(impatient, silence) as proxy:
            response = await proxy.client.post(CHAT, json=asking())
            never.set()
        assert response.status_code == 504
        assert response.json()["error"]["code"] == "timeout"
        assert [call.span.error_type for call in proxy.calls()] == ["timeout"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (CHAT, lambda body: body["error"]["type"] == "invalid_request_error"),
        ("/v1/messages", lambda body: body["error"]["type"] == "request_too_large"),
        ("/proxy/openai/chat/completions", lambda body: body["error"]["message"]),
    ],
)  # fmt: skip
async def test_a_body_that_is_too_large(passing_on: Passing, path: str, kind: Any) -> None:
    async with proxying(passing_on, always(whole(b"{}"))) as proxy:
        response = await proxy.client.post(path, content=b"x" * (5 << 20))
        assert response.status_code == 413
        assert kind(response.json())
        assert proxy.got == []


async def test_the_guards_stand_before_the_proxy_too(passing_on: Passing) -> None:
    async with proxying(passing_on, always(whole(completion()))) as proxy:
        page = await proxy.client.post(CHAT, json=asking(), headers={"Origin": "https://example.com"})
        rebound = await proxy.client.post(CHAT, json=asking(), headers={"Host": "example.com"})
        wrong = await proxy.client.get(CHAT)
        assert [page.status_code, rebound.status_code, wrong.status_code] == [403, 403, 405]
        assert all(response.json()["error"]["message"] for response in (page, rebound, wrong))
        assert proxy.got == []


async def test_calls_are_no_requests_of_the_collectors_own(passing_on: Passing) -> None:
    meter = passing_on.app.state.door.meter
    before = meter.requests, meter.errors
    async with proxying(passing_on, always(whole(b"{}", 500))) as proxy:
        await proxy.client.post(CHAT, json=asking())
    assert (meter.requests, meter.errors) == before


async def test_a_broken_store_costs_the_record_only(tmp_path: Path) -> None:
    with passing(tmp_path) as broken:
        async with proxying(broken, always(whole(completion()))) as proxy:
            broken.writer.close()
            response = await proxy.client.post(CHAT, json=asking())
            assert response.content == completion()
        assert proxy.stored() == []


def test_a_provider_that_does_not_exist_is_an_error_of_the_configuration() -> None:
    assert parse({"proxy": {"openai": "ollama"}}).proxy.openai == "ollama"
    with pytest.raises(ConfigError, match=r"proxy\.anthropic: no provider is called 'claude'"):
        parse({"proxy": {"anthropic": "claude"}})
