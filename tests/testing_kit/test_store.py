"""The store: a mapping in the API's order, and what cursors mean in it."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_async.testing._store import Store, UnknownCursorError, Window

Order = Literal["asc", "desc"]

# Few seconds for many assistants, so that ties are the rule.
seconds = st.lists(st.integers(0, 5), max_size=30)
orders = st.sampled_from(["asc", "desc"])
limits = st.integers(1, 12)


def filled(created: list[int]) -> Store:
    """A store of assistants created at these seconds, named by arrival."""
    store = Store()
    for number, second in enumerate(created):
        store[f"a{number}"] = {"id": f"a{number}", "created_at": second}
    return store


def listed(created: list[int], order: Order) -> list[str]:
    """The ids in the order that the API promises: by second, ties by arrival."""
    ids = [f"a{n}" for n, _ in sorted(enumerate(created), key=lambda pair: pair[1])]
    return ids if order == "asc" else ids[::-1]


@given(seconds, orders, limits)
def test_pages_forward_are_the_whole_list_once(
    created: list[int], order: Order, limit: int
) -> None:
    """Following `after` until `has_more` is false gives every assistant once, in order."""
    store = filled(created)
    ids: list[str] = []
    page = store.window(limit=limit, order=order)
    ids += page.ids
    while page.has_more:
        assert len(page.ids) == limit
        page = store.window(limit=limit, order=order, after=ids[-1])
        ids += page.ids

    assert ids == listed(created, order)


@given(seconds.filter(bool), orders, limits)
def test_pages_backward_are_the_whole_list_once(
    created: list[int], order: Order, limit: int
) -> None:
    """Following `before` from the last assistant gives all those ahead of it once, in order."""
    store = filled(created)
    ids = [listed(created, order)[-1]]
    more = True
    while more:
        page = store.window(limit=limit, order=order, before=ids[0])
        ids[:0] = page.ids
        more = page.has_more

    assert ids == listed(created, order)


@given(seconds.filter(bool), orders, limits, st.data())
def test_a_window_lies_next_to_its_cursor(
    created: list[int], order: Order, limit: int, data: st.DataObject
) -> None:
    """`after` gives what follows the cursor at once, `before` what precedes it at once."""
    store = filled(created)
    ids = listed(created, order)
    place = data.draw(st.integers(0, len(ids) - 1))

    after = store.window(limit=limit, order=order, after=ids[place])
    before = store.window(limit=limit, order=order, before=ids[place])

    assert after.ids == ids[place + 1 :][:limit]
    assert after.has_more == (len(ids) - place - 1 > limit)
    assert before.ids == ids[:place][-limit:]
    assert before.has_more == (place > limit)
    assert [payload["id"] for payload in after.data] == after.ids


@given(seconds.filter(bool), orders, limits, st.data())
def test_both_cursors_open_the_window_between_them(
    created: list[int], order: Order, limit: int, data: st.DataObject
) -> None:
    """With both cursors the page starts behind `after` and ends ahead of `before`."""
    store = filled(created)
    ids = listed(created, order)
    first, last = (data.draw(st.integers(0, len(ids) - 1)) for _ in range(2))

    page = store.window(limit=limit, order=order, after=ids[first], before=ids[last])

    between = ids[first + 1 : last]
    assert page.ids == between[:limit]
    assert page.has_more == (len(between) > limit)


@given(seconds.filter(bool), orders, limits, st.data())
def test_a_deleted_assistant_keeps_its_place_as_a_cursor(
    created: list[int], order: Order, limit: int, data: st.DataObject
) -> None:
    """A walk goes on from an assistant that has been deleted meanwhile."""
    store = filled(created)
    ids = listed(created, order)
    place = data.draw(st.integers(0, len(ids) - 1))
    del store[ids[place]]

    page = store.window(limit=limit, order=order, after=ids[place])

    assert page.ids == ids[place + 1 :][:limit]
    with pytest.raises(UnknownCursorError):
        store.window(limit=limit, order=order, after=ids[place], deleted_cursors=False)


def test_a_cursor_that_never_was_is_refused() -> None:
    """An unknown cursor is an error, not an empty page."""
    with pytest.raises(UnknownCursorError, match="nobody"):
        filled([1]).window(limit=1, order="asc", before="nobody")


def test_it_is_a_mapping() -> None:
    """A test can read, change, compare and empty the store as it would a dict."""
    store = filled([3, 1])

    assert store == {"a0": {"id": "a0", "created_at": 3}, "a1": {"id": "a1", "created_at": 1}}
    assert repr(store) == f"Store({dict(store)!r})"
    assert list(store) == ["a0", "a1"]
    store.pop("a0")
    assert len(store) == 1
    store.clear()
    assert store.window(limit=1, order="asc") == Window([], [], has_more=False)


def test_assigning_anew_keeps_the_place_or_moves_it_with_created_at() -> None:
    """A changed payload stays where it was; one of another second moves there."""
    store = filled([1, 1, 2])

    store["a0"] = {"id": "a0", "created_at": 1, "name": "x"}
    assert store.window(limit=9, order="asc").ids == ["a0", "a1", "a2"]
    store["a0"] = {"id": "a0", "created_at": 2}
    assert store.window(limit=9, order="asc").ids == ["a1", "a2", "a0"]


def test_an_id_can_come_back_after_its_deletion() -> None:
    """An assistant that is put in again takes a new place, and is a cursor for it."""
    store = filled([1, 1])
    payload = store.pop("a0")
    store["a0"] = payload

    assert store.window(limit=9, order="asc").ids == ["a1", "a0"]
    assert store.window(limit=9, order="asc", after="a0", deleted_cursors=False).ids == []


def test_iterating_allows_changes() -> None:
    """A test may delete what it iterates over."""
    store = filled([1, 2, 3])
    for name in store:
        del store[name]

    assert not store


def test_nonsense_can_be_held() -> None:
    """A payload without a usable `created_at` comes first, instead of breaking the list."""
    store = filled([5])
    store["none"] = {}
    store["text"] = {"created_at": "yesterday"}

    assert store.window(limit=9, order="asc").ids == ["none", "text", "a0"]
