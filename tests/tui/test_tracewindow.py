from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.tui.models.rowcache import PAGE, RowCache, page_around
from llmwatch.tui.models.traceorder import NOTHING, EveryTrace, Matching, Order, Ranked
from llmwatch.tui.models.tracewindow import TraceWindow
from tests.tui.rows import trace_row


def _window(newest: int, height: int = 10) -> TraceWindow:
    window = TraceWindow(height=height)
    window.show(EveryTrace(1, newest))
    return window


def test_at_the_top_the_list_follows() -> None:
    window = _window(100)
    window.arrived(EveryTrace(1, 107))
    assert list(window.visible) == list(range(107, 97, -1))
    assert window.cursor_id == 107
    assert window.unseen == 0


def test_elsewhere_the_same_traces_stay_on_the_screen() -> None:
    window = _window(100)
    window.move_to(3)
    before = list(window.visible)
    window.arrived(EveryTrace(1, 150))
    assert list(window.visible) == before
    assert window.cursor_id == 97
    assert window.unseen == 50
    window.move_to(0)
    assert window.following
    assert window.unseen == 0


def test_paused_the_list_does_not_grow_and_counts() -> None:
    window = _window(100)
    window.pause(True)
    window.arrived(EveryTrace(1, 142))
    assert len(window.order) == 100
    assert window.unseen == 42
    window.move_to(0)
    assert window.unseen == 42
    window.pause(False)
    assert window.cursor_id == 142
    assert window.unseen == 0


def test_a_held_trace_that_is_gone_leaves_the_cursor_where_it_was() -> None:
    window = _window(100)
    window.show(Matching(array("q", [9, 7, 5, 3])))
    window.move_to(1)
    window.arrived(Matching(array("q", [9, 5, 3])))
    assert window.cursor_id == 5


def test_another_list_keeps_the_trace_under_the_cursor() -> None:
    window = _window(100)
    window.move_to(93)
    window.show(Matching(array("q", [50, 7, 3])))
    assert window.cursor_id == 7
    window.show(Ranked.of([3, 50]))
    assert window.cursor_id == 3


def test_an_empty_list_has_no_cursor() -> None:
    window = TraceWindow()
    window.show(NOTHING)
    window.move_to(5)
    window.mark()
    window.mark_range()
    assert window.cursor_id is None
    assert list(window.visible) == []
    assert window.marked == set()


def test_marks_and_ranges() -> None:
    window = _window(20)
    window.mark()
    assert window.marked == {20}
    assert window.cursor_id == 19
    window.mark_range()
    window.move_to(4)
    assert [window.in_range(i) for i in range(6)] == [False, True, True, True, True, False]
    window.mark_range()
    assert window.marked == {20, 19, 18, 17, 16}
    window.move_to(0)
    window.mark()
    assert 20 not in window.marked


@given(st.integers(0, 400), st.integers(1, 60), st.data())
def test_the_cursor_is_always_on_the_screen(newest: int, height: int, data: st.DataObject) -> None:
    window = _window(newest, height)
    for _ in range(data.draw(st.integers(0, 12))):
        step = data.draw(st.sampled_from(["move", "scroll", "resize", "arrive", "pause", "mark"]))
        number = data.draw(st.integers(-50, 500))
        held = window.cursor_id if window.cursor or window.paused else None
        if step == "move":
            window.move_to(number)
        elif step == "scroll":
            window.scroll_to(number)
        elif step == "resize":
            window.resize(number)
        elif step == "arrive":
            newest += max(number, 0)
            window.arrived(EveryTrace(1, newest))
            assert held is None or window.cursor_id == held
        elif step == "pause":
            window.pause(not window.paused)
        else:
            window.mark()
        rows = len(window.order)
        assert 0 <= window.top <= max(rows - window.height, 0)
        assert rows == 0 or window.top <= window.cursor < window.top + window.height
        assert len(window.visible) == min(window.height, rows)
        assert 0 <= window.unseen <= newest
        assert len(window.latest) == newest


_IDS = st.lists(st.integers(1, 60), unique=True).map(lambda ids: sorted(ids, reverse=True))


@given(_IDS, st.integers(0, 61))
def test_orders_agree_on_positions(ids: list[int], id_: int) -> None:
    orders: list[Order] = [Matching(array("q", ids)), Ranked.of(ids)]
    if ids:
        orders.append(EveryTrace(ids[-1], ids[-1] + len(ids) - 1))
    for order in orders:
        listed = list(order.ids(0, 100))
        assert len(order) == len(listed)
        assert order.position(id_) == (listed.index(id_) if id_ in listed else None)
        assert list(order.ids(2, 5)) == listed[2:5]
        assert list(order.ids(-3, 2)) == listed[:2]


@given(_IDS, _IDS, st.integers(1, 10))
def test_newer_matches_take_the_place_of_what_was_known(old: list[int], now: list[int], limit: int) -> None:
    """The newest ``limit`` matches are exact afterwards, and nothing older is lost."""
    newest, complete = now[:limit], len(now) <= limit
    updated = list(Matching(array("q", old)).updated(newest, complete).found)
    assert updated[: len(newest)] == newest
    if complete:
        assert updated == now
    else:
        assert updated[len(newest) :] == [id_ for id_ in old if id_ < newest[-1]]


@pytest.mark.parametrize(("top", "first", "last"), [(0, 1000, 853), (500, 608, 353), (990, 118, 1)])
def test_a_page_surrounds_the_screen(top: int, first: int, last: int) -> None:
    ids = page_around(EveryTrace(1, 1000), top, 40)
    assert (ids[0], ids[-1]) == (first, last)
    assert len(ids) <= PAGE


def test_the_cache_forgets_the_oldest_and_knows_what_is_gone() -> None:
    cache = RowCache()
    cache.put([3, 2, 1], [trace_row(3), trace_row(1)])
    assert cache.has([3, 2, 1])
    assert cache.get(2) is None
    for start in range(100, 100 + 16 * PAGE, PAGE):
        cache.put(range(start, start + PAGE), [])
    assert not cache.has([3])
    assert cache.has([100])
    cache.forget_but([100, 3])
    assert cache.has([100])
    assert not cache.has([101])
