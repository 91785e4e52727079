"""A changed configuration is taken over; one with a mistake is not, and is told of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from llmwatch.collector.app import create_app
from llmwatch.collector.door import Door
from llmwatch.collector.pipeline import Pipeline
from llmwatch.collector.reloading import Reloading
from llmwatch.config import CollectorConfig, Config, HealthConfig, parse
from llmwatch.errors import ConfigError
from llmwatch.reload import changes
from llmwatch.store.writer import Writer
from tests.collector.conftest import CONFIG

FIRST = Config(collector=CollectorConfig(port=5000))
SECOND = Config(health=HealthConfig(min_calls=3))


def test_subscribers_get_the_new_one_and_listening_stays() -> None:
    told: list[Config] = []
    reloading = Reloading(FIRST)
    reloading.subscribe(told.append)
    reloading.take(SECOND)
    assert [config.health.min_calls for config in told] == [3]
    assert reloading.config.health.min_calls == 3
    assert reloading.config.collector.port == 5000


def test_a_mistake_keeps_the_old_one_until_it_is_mended(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Config] = []
    reloading = Reloading(FIRST)
    reloading.subscribe(told.append)
    reloading.take(ConfigError("config.toml: there is no key helth", hint="Did you mean health?"))
    assert (told, reloading.config) == ([], FIRST)
    assert reloading.problem == "config.toml: there is no key helth\nDid you mean health?"
    assert "stays as it was: config.toml: there is no key helth" in caplog.text
    reloading.take(SECOND)
    assert reloading.problem == ""


def test_one_that_a_part_cannot_use_is_used_by_none() -> None:
    seen: list[int] = []

    def fussy(config: Config) -> None:
        if config.health.min_calls == 3:
            raise ConfigError("no")

    reloading = Reloading(FIRST)
    reloading.subscribe(lambda config: seen.append(config.health.min_calls))
    reloading.subscribe(fussy)
    reloading.take(SECOND)
    assert seen == [3, FIRST.health.min_calls]
    assert (reloading.config, reloading.problem) == (FIRST, "no")


async def test_it_follows_a_stream() -> None:
    async def stream() -> AsyncIterator[Config | ConfigError]:
        yield ConfigError("no")
        yield SECOND

    reloading = Reloading(FIRST)
    await reloading.follow(stream())
    assert (reloading.config.health.min_calls, reloading.problem) == (3, "")


async def test_a_file_that_changes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    reloading = Reloading(parse({}))
    taken = asyncio.Event()
    reloading.subscribe(lambda _: taken.set())
    following = asyncio.create_task(reloading.follow(changes(path)))
    while not taken.is_set():  # until the folder is watched
        path.write_text("[health]\nmin_calls = 7\n")
        await asyncio.wait([asyncio.create_task(taken.wait())], timeout=0.2)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert reloading.config.health.min_calls == 7


async def test_the_collector_takes_over_what_the_file_says(
    writer: Writer, database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[health]\nmin_calls = 7\n")
    app = create_app(writer, Pipeline(CONFIG), CONFIG, database, file)
    door: Door = app.state.door
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:4318") as client,
    ):
        file.write_text("[helth]\n")
        while not (answer := (await client.get("/health")).json()["config_problem"]):
            file.write_text("[helth]\n")
            await asyncio.sleep(0.05)
        assert "there is no key helth" in answer
        while door.config.health.min_calls != 8:
            file.write_text("[health]\nmin_calls = 8\n[loop]\nrepeats = 9\n")
            await asyncio.sleep(0.05)
        assert (await client.get("/health")).json()["config_problem"] == ""
    assert (door.loops.repeats, door.config.collector) == (9, CONFIG.collector)
