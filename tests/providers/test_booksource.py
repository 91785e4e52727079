"""Updates of the price list: read as a whole, kept as one file, noticed by whoever prices, never half."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmwatch.errors import PriceListError
from llmwatch.providers import bookreading, booksource
from llmwatch.providers.booksource import checked, drop, keep, kept
from llmwatch.providers.pricebook import bundled
from llmwatch.providers.prices import Prices
from llmwatch.store.span import Call, Cost, Usage

NOW = 1_795_262_400 * 10**9
FETCHED = "2026-11-20T10:00:00Z"
MILLION = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def model(name: str, **prices: Any) -> dict[str, Any]:
    return {"id": name, "match": {"equals": name}, "prices": prices or {"input_mtok": 1, "output_mtok": 2}}


def seller(name: str, *models: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "api_pattern": f"https://api\\.{name}\\.com",
        "models": list(models),
        **more,
    }


OTHERS = [model(f"other-{n}") for n in range(10)]
LIST = [
    seller(
        "openai",
        model("gpt-4o", input_mtok=3, output_mtok=0.18000000000000002),
        {
            "id": "gpt-5",
            "match": {"starts_with": "gpt-5"},
            "prices": [
                {"prices": {"input_mtok": 10, "output_mtok": 20}},
                {
                    "constraint": {"start_date": "2026-06-01"},
                    "prices": {
                        "input_mtok": {"base": 1, "tiers": [{"start": 200_000, "price": 2}]},
                        "output_mtok": 8,
                    },
                },
            ],
            "price_variants": [{"when": {"processing": "batch"}, "prices": {"input_mtok": 0.5}}],
        },
        *OTHERS,
        provider_match={"contains": "openai"},
        model_match={"starts_with": "gpt-"},
    )
]
LITELLM = {
    "sample_spec": {"litellm_provider": "one of …", "input_cost_per_token": 0.0, "max_tokens": "a text"},
    "fallback_generalizations": {"rules": [{"name": "x"}]},
    "gpt-4o": {
        "litellm_provider": "openai", "input_cost_per_token": 2.75e-06, "output_cost_per_token": 1.1e-05,
        "cache_read_input_token_cost": 1.375e-06, "input_cost_per_token_batches": 1.375e-06,
        "output_cost_per_token_batches": 5.5e-06, "input_cost_per_token_priority": 4.25e-06,
        "output_cost_per_token_priority": 1.7e-05, "mode": "chat", "max_tokens": 16384,
    },
    "gemini/gemini-2.5-pro": {
        "litellm_provider": "gemini", "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05,
        "input_cost_per_token_above_200k_tokens": 2.5e-06, "output_cost_per_token_above_200k_tokens": 1.5e-05,
    },
    "claude-sonnet-4-5": {
        "litellm_provider": "anthropic", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
        "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
        "cache_read_input_token_cost": 3e-07,
    },
    "gpt-4o-audio-preview": {
        "litellm_provider": "openai", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05,
        "input_cost_per_audio_token": 4e-05, "output_cost_per_audio_token": 8e-05,
    },
    "whisper-1": {"litellm_provider": "openai", "input_cost_per_second": 0.0001},
    "azure/eu/gpt-4o": {"litellm_provider": "azure", "input_cost_per_token": 2.75e-06},
    **{f"more-{n}": {"litellm_provider": "groq", "input_cost_per_token": 1e-06} for n in range(10)},
}  # fmt: skip


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of the test's own, looked at each time."""
    place = tmp_path / "data" / "prices.json"
    monkeypatch.setenv("LLMWATCH_PRICES", str(place))
    monkeypatch.setattr(booksource, "_LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(booksource, "_SHELF", booksource._Shelf())
    return place


def update(given: Any, source: str = "https://example.com/data.json") -> None:
    keep(checked(json.dumps(given).encode(), source, FETCHED))


def cost(provider: str, name: str, usage: Usage = MILLION, **parameters: str) -> Cost:
    found = Prices().price(
        Call(provider=provider, request_model=name, usage=usage, parameters=parameters), NOW
    )
    assert found is not None
    return found


def dollars(provider: str, name: str, usage: Usage = MILLION, **parameters: str) -> float | None:
    nanousd = cost(provider, name, usage, **parameters).nanousd
    return None if nanousd is None else nanousd / 1e9


def test_an_update_is_used_at_once_also_by_prices_that_were_there_before() -> None:
    prices = Prices()
    call = Call(provider="openai", request_model="gpt-4o", usage=MILLION)
    before = prices.price(call, NOW)
    update(LIST)
    after = prices.price(call, NOW)
    assert before is not None
    assert after is not None
    assert (before.nanousd, after.nanousd) == (12_500_000_000, 3_180_000_000)
    assert after.price is not None
    assert (after.price.source, after.price.listed) == ("genai-prices", "2026-11-20")
    assert drop()
    assert prices.price(call, NOW) == before
    assert not drop()


def test_a_call_keeps_its_price_over_an_update() -> None:
    prices = Prices()
    call = Call(provider="openai", request_model="gpt-4o", usage=MILLION)
    before = prices.price(call, NOW)
    update(LIST)
    assert before is not None
    assert prices.price(call, NOW, kept=before.price) == before


def test_dates_tiers_and_conditions_of_an_update() -> None:
    update(LIST)
    assert dollars("openai", "gpt-5-mini", Usage(input_tokens=100_000, output_tokens=0)) == 0.1
    assert dollars("openai", "gpt-5-mini", Usage(input_tokens=300_000, output_tokens=0)) == 0.6
    assert dollars("openai", "gpt-5-mini", Usage(input_tokens=100_000), processing="batch") == 0.05
    assert dollars("anthropic", "claude-3-haiku") is None, "a whole list has the last word"


def test_what_is_kept_says_what_it_is(path: Path) -> None:
    assert kept() is None
    update(LIST)
    found = kept()
    assert found is not None
    assert (found.update.source, found.update.fetched, found.update.form, found.models) == (
        "https://example.com/data.json", FETCHED, "genai-prices", 12,
    )  # fmt: skip
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["prices.json"], "nothing beside it"


def test_litellms_map() -> None:
    update(LITELLM)
    assert dollars("openai", "gpt-4o") == 2.75 + 11
    assert cost("openai", "gpt-4o").price.source == "LiteLLM"  # type: ignore[union-attr]
    assert dollars("openai", "gpt-4o", processing="batch") == 1.375 + 5.5
    assert dollars("openai", "gpt-4o", service_tier="priority") == 4.25 + 17
    cached = Usage(input_tokens=1_000_000, cache_read_tokens=600_000)
    assert dollars("openai", "gpt-4o", cached) == pytest.approx(0.4 * 2.75 + 0.6 * 1.375)
    assert dollars("gcp.gemini", "gemini-2.5-pro", Usage(input_tokens=200_001)) == pytest.approx(0.5000025)
    written = Usage(input_tokens=1_000_000, cache_write_tokens=500_000, cache_write_1h_tokens=200_000)
    assert dollars("anthropic", "claude-sonnet-4-5", written) == pytest.approx(0.5 * 3 + 0.3 * 3.75 + 0.2 * 6)
    heard = Usage(input_tokens=1_000, input_audio_tokens=1_000)
    assert dollars("openai", "gpt-4o-audio-preview", heard) == pytest.approx(0.04)
    assert dollars("azure.ai.openai", "eu/gpt-4o", Usage(input_tokens=1_000_000)) == 2.75
    assert dollars("groq", "more-3", Usage(input_tokens=1_000_000)) == 1


def test_a_model_that_litellm_does_not_know_keeps_the_bundled_price() -> None:
    update(LITELLM)
    found = cost("anthropic", "claude-3-haiku-20240307")
    assert found.nanousd == 1_500_000_000
    assert found.price is not None
    assert found.price.source.startswith("genai-prices 0.")


WRONG: list[tuple[Any, str]] = [
    (b"<html>not found</html>", "is not JSON"),
    (b"[" * 100_000, "is not JSON"),
    (b"\xff\xfe", "is not JSON"),
    (b"3", "is no price list"),
    ({"error": "no"}, "is no price list"),
    ([], "has prices of 0 models"),
    ([seller("openai", *OTHERS[:3])], "has prices of 3 models"),
    ([seller("openai", *OTHERS, model("bad", input_mtok=-1))], "bad: -1 is no price"),
    ([seller("openai", *OTHERS, model("bad", input_mtok="NaN"))], "is not as a price list must be"),
    ([seller("openai", *OTHERS, model("bad", input_mtok=1e9))], "bad: 1000000000.0 is no price"),
    ([seller("openai", *OTHERS, model("bad", input_mtok="much"))], "is not as a price list must be"),
    ([seller("openai", *OTHERS, {"id": "bad"})], "is not as a price list must be"),
    (
        [seller("openai", *OTHERS, {"id": "bad", "match": {"magic": "x"}, "prices": {}})],
        "is not as a price list",
    ),
    *(
        ([seller("openai", *OTHERS, {"id": "bad", "match": match, "prices": {}})], "may take for ever")
        for match in (
            {"regex": "("},
            {"regex": "^(a+)+$"},
            {"or": [{"equals": "x"}, {"and": [{"regex": "(a|a)*b"}]}]},
            {"regex": "a*a*a*b"},
            {"regex": "(a{2,})x{3,}y{4,}z{5,}"},
            {"regex": "(ab){9}"},
        )
    ),
    ([{"id": "openai"}], "is not as a price list must be"),
    (["openai"], "is not as a price list must be"),
    (
        {**LITELLM, "bad": {"litellm_provider": "openai", "input_cost_per_token": "x"}},
        "bad: input_cost_per_token",
    ),
    ({**LITELLM, "bad": {"litellm_provider": "openai", "input_cost_per_token": -1}}, "is no price"),
    ({**LITELLM, "bad": {"litellm_provider": "openai", "input_cost_per_token": True}}, "must be a number"),
    ({**LITELLM, "bad": 3}, "bad: an entry must be a table"),
]


@pytest.mark.parametrize(("given", "message"), WRONG, ids=range(len(WRONG)))
def test_nothing_wrong_replaces_what_is_there(given: Any, message: str, path: Path) -> None:
    update(LIST)
    before = path.read_bytes()
    data = given if isinstance(given, bytes) else json.dumps(given).encode()
    with pytest.raises(PriceListError, match=message):
        keep(checked(data, "x.json", FETCHED))
    assert path.read_bytes() == before
    assert dollars("openai", "gpt-4o") == 3.18


def test_the_bundled_lists_own_patterns_are_harmless() -> None:
    sellers = bundled().sellers
    matches = [match for each in sellers for match in (each.model_match, each.provider_match)]
    matches += [each.match for seller in sellers for each in seller.models]
    patterns = list(bookreading._patterns(matches))
    assert len(patterns) > 50
    assert all(map(bookreading._is_harmless, patterns))


def test_a_list_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booksource, "LARGEST", 100)
    with pytest.raises(PriceListError, match="longer than"):
        update(LIST)


def test_a_damaged_file_is_said_and_the_bundled_list_is_used(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    update(LIST)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(PriceListError, match="no update of the price list"):
        kept()
    assert dollars("openai", "gpt-4o") == 12.5
    assert "The bundled price list is used" in caplog.text


def test_a_directory_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LLMWATCH_PRICES", str(tmp_path / "file" / "prices.json"))
    with pytest.raises(PriceListError, match="cannot be written"):
        update(LIST)
