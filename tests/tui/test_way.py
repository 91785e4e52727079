"""The main job: from a red light to a replayed answer of the failing call, in five keys."""

from __future__ import annotations

import dataclasses
import json

from llmwatch.config import ProviderConfig
from llmwatch.tui.screens.replay import ReplayScreen
from llmwatch.tui.screens.trace import TraceScreen
from tests.providers.stub import Stub, serving, sse
from tests.tui.conftest import CONFIG, MakeApp
from tests.tui.piloting import overview, settled, shown, until

ANSWER = sse(
    {"choices": [{"delta": {"content": "The plans differ in price."}}]},
    {
        "choices": [{"delta": {}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 6},
    },
    "[DONE]",
)


async def test_from_the_dashboard_to_a_replayed_answer(make_app: MakeApp) -> None:
    taken = Stub(chunks=[b'{"accepted":1}'], headers={"content-type": "application/json"})
    with serving(Stub(chunks=ANSWER)) as provider, serving(taken) as collector:
        openai = ProviderConfig(api="openai-chat", base_url=f"{provider.base_url}/v1")
        app = make_app(config=dataclasses.replace(CONFIG, providers={"openai": openai}))
        app.collector_url = collector.base_url
        async with app.run_test(size=(120, 40)) as pilot:
            await settled(pilot)
            assert shown(pilot).startswith(" ✗ CRIT  error rate 8.3 %")

            await pilot.press("1", "enter")  # the traces behind the error rate
            await until(pilot, lambda: len(overview(pilot).traces.rows.window.order) == 5)
            await settled(pilot)

            await pilot.press("enter")  # the newest of them, at the call that failed
            await until(
                pilot, lambda: isinstance(app.screen, TraceScreen) and "429 rate limit" in shown(pilot)
            )
            await settled(pilot)

            await pilot.press("r")
            await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
            await settled(pilot)

            await pilot.press("enter")
            await until(pilot, lambda: "The plans differ in price." in shown(pilot))

            (sent,) = provider.received
            body = json.loads(sent.body)
            assert body["model"] == "gpt-4o" and "Compare the two plans." in body["messages"][-1]["content"]
