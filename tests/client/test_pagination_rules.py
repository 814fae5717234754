"""The rules of a walk, as plain functions: which page is next, when to stop, what to hold back."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.list_server import Item, ListServer, honest, names, page_of

from portkey_async import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    Page,
    PaginationError,
    PortkeyError,
    RateLimitError,
    UnprocessableEntityError,
)
from portkey_async._pagination.cursors import (
    MAX_EMPTY_PAGES,
    ListQuery,
    Step,
    Trail,
    boundary,
    earlier_cursors,
    is_refusal,
    judge,
    new_objects,
    next_cursor,
    split,
)

FIRST = ListQuery()
PAGE = page_of("abc")


def test_a_query_knows_its_direction() -> None:
    """`before` walks backward; `after`, and no cursor at all, forward."""
    assert not FIRST.backward
    assert not ListQuery(after="x").backward
    assert ListQuery(before="x").backward


def test_a_query_moves_in_its_own_direction() -> None:
    """The next query keeps everything but the cursor."""
    assert ListQuery(5, "asc").at("x") == ListQuery(5, "asc", after="x")
    assert ListQuery(5, "asc", after="w").at("x") == ListQuery(5, "asc", after="x")
    assert ListQuery(5, "asc", before="w").at("x") == ListQuery(5, "asc", before="x")


def test_the_next_page_begins_where_the_server_says() -> None:
    """At last_id forward, at first_id backward."""
    page = ended("abc", first_id="first", last_id="last")

    assert boundary(page, backward=False) == "last"
    assert boundary(page, backward=True) == "first"


@pytest.mark.parametrize("missing", [None, ""])
def test_a_server_that_names_no_boundary_is_helped(missing: str | None) -> None:
    """Without first_id and last_id, the objects' own ids serve."""
    page = ended("abc", first_id=missing, last_id=missing)

    assert boundary(page, backward=False) == "c"
    assert boundary(page, backward=True) == "a"


@pytest.mark.parametrize("exhaustive", [False, True])
@pytest.mark.parametrize("has_more", [None, False, True])
def test_an_empty_page_ends_a_walk(*, exhaustive: bool, has_more: bool | None) -> None:
    """Whatever has_more says, and however thorough the walk, where it names no new cursor."""
    page = page_of("", has_more=has_more)

    assert next_cursor(page, FIRST, Trail(), exhaustive=exhaustive) is None


@pytest.mark.parametrize(
    ("has_more", "following"), [(True, "c"), (None, "c"), (False, None)], ids=str
)
def test_has_more_is_trusted_forward(*, has_more: bool | None, following: str | None) -> None:
    """False ends the walk; where it is left out, the walk goes on to the first empty page."""
    assert next_cursor(page_of("abc", has_more=has_more), FIRST, Trail()) == following


@pytest.mark.parametrize("has_more", [None, False, True], ids=str)
@pytest.mark.parametrize(
    ("limit", "following"), [(None, "a"), (3, "a"), (2, "a"), (4, None)], ids=str
)
def test_has_more_is_not_trusted_backward(
    *, has_more: bool | None, limit: int | None, following: str | None
) -> None:
    """False ends nothing; a page shorter than an explicit limit does, unless more is promised."""
    query = ListQuery(limit, before="z")
    page = page_of("abc", has_more=has_more)

    assert next_cursor(page, query, Trail()) == ("a" if has_more else following)


@pytest.mark.parametrize("query", [FIRST, ListQuery(9, before="z")], ids=["forward", "backward"])
def test_an_exhaustive_walk_trusts_nothing(query: ListQuery) -> None:
    """Neither has_more nor a short page ends it."""
    page = page_of("abc", has_more=False)

    assert next_cursor(page, query, used(query.cursor or "y"), exhaustive=True) is not None


@pytest.mark.parametrize("query", [ListQuery(after="b"), ListQuery(before="b")], ids=str)
@pytest.mark.parametrize("has_more", [None, False, True], ids=str)
def test_a_page_that_holds_its_own_cursor_is_refused(
    query: ListQuery, *, has_more: bool | None
) -> None:
    """The server ignores the cursor: the walk would never end, or repeat an object."""
    with pytest.raises(PaginationError, match="holds that object itself"):
        new_objects(page_of("abc", has_more=has_more), query, used("b"))


def test_a_cursor_that_was_used_is_refused() -> None:
    """The server's pages go round; the error names both ends of the jump."""
    with pytest.raises(PaginationError, match="the page after 'y' leads back to 'c'"):
        next_cursor(PAGE, ListQuery(after="y"), used("c", "y"))


def test_a_page_that_names_its_own_cursor_as_its_end_is_refused() -> None:
    """Even where the object itself is not on the page."""
    with pytest.raises(PaginationError, match="leads back to 'y'"):
        next_cursor(ended("abc", last_id="y"), ListQuery(after="y"), used("y"))


@pytest.mark.parametrize(
    ("page", "backward", "ready", "held"),
    [
        (page_of("abc"), False, "ab", "c"),
        (page_of("abc"), True, "cb", "a"),
        (page_of("a"), False, "", "a"),
        (page_of(""), False, "", ""),
        (page_of(""), True, "", ""),
    ],
)
def test_the_object_that_is_the_next_cursor_is_held_back(
    page: Page[Item], *, backward: bool, ready: str, held: str
) -> None:
    """It is the last one in walking order."""
    parts = split(step_of(page, backward=backward), backward=backward)

    assert tuple("".join(names(part)) for part in parts) == (ready, held)


def test_all_from_the_next_cursor_on_is_held_back() -> None:
    """Where the server names another object than the last, that one waits, and what follows it."""
    ready, held = split(step_of(ended("abcd", last_id="b")), backward=False)

    assert (names(ready), names(held)) == (["a"], ["b", "c", "d"])


def test_a_cursor_that_is_not_on_the_page_holds_back_the_last_object() -> None:
    """One object too many does no harm."""
    ready, held = split(step_of(ended("abc", last_id="elsewhere")), backward=False)

    assert (names(ready), names(held)) == (["a", "b"], ["c"])


@given(st.text("abcdef", max_size=6), st.none() | st.sampled_from("abcxyz"), st.booleans())
def test_parting_a_page_loses_nothing(
    ids: str,
    end: str | None,
    backward: bool,  # noqa: FBT001  # hypothesis passes by position
) -> None:
    """Both parts joined are the page in walking order, whatever the server calls its end."""
    page = ended(ids, first_id=end, last_id=end)
    ready, held = split(step_of(page, backward=backward), backward=backward)

    assert ready + held == (page.data[::-1] if backward else page.data)
    assert bool(held) == bool(ids)


@given(honest())
def test_the_rules_lead_through_an_honest_list_once(
    drawn: tuple[ListServer, ListQuery],
) -> None:
    """Following the cursors gives everything, in order, without a repeat."""
    server, query = drawn
    whole = server.whole(query)
    trail, seen = Trail(), list[str]()
    following: str | None = ""
    while following is not None:
        trail.enter(query)
        step = judge(server.page(query), query, trail)
        trail.leave(step, query)
        ready, held = split(step, backward=query.backward)
        seen += names(ready + held)
        following = step.cursor
        query = query.at(following or "")

    assert seen == whole


# --- Empty pages --------------------------------------------------------------------------------


@pytest.mark.parametrize("exhaustive", [False, True])
@pytest.mark.parametrize("query", [ListQuery(after="x"), ListQuery(before="x")], ids=str)
@pytest.mark.parametrize(("first", "last"), [("n", "n"), ("n", None), (None, "n")])
def test_an_empty_page_that_promises_more_is_not_the_end(
    query: ListQuery, first: str | None, last: str | None, *, exhaustive: bool
) -> None:
    """It leads to the cursor that it names, by either name."""
    page = ended("", first_id=first, last_id=last)

    assert next_cursor(page, query, used("x"), exhaustive=exhaustive) == "n"


def test_an_empty_page_leads_in_the_direction_of_the_walk() -> None:
    """Servers that filter after the cut name both ends of what they have cut."""
    page = ended("", first_id="first", last_id="last")

    assert next_cursor(page, ListQuery(after="x"), used("x")) == "last"
    assert next_cursor(page, ListQuery(before="x"), used("x")) == "first"


@pytest.mark.parametrize("name", ["x", "", None])
def test_an_empty_page_that_names_no_new_cursor_is_the_end(name: str | None) -> None:
    """Its own cursor is none."""
    page = ended("", first_id=name, last_id=name)

    assert next_cursor(page, ListQuery(after="x"), used("x")) is None


@pytest.mark.parametrize("has_more", [None, False], ids=str)
def test_an_empty_page_that_promises_nothing_is_the_end(*, has_more: bool | None) -> None:
    """Whatever cursor it names."""
    page = attrs.evolve(ended("", last_id="n"), has_more=has_more)

    assert next_cursor(page, ListQuery(after="x"), used("x"), exhaustive=True) is None


def test_an_empty_page_that_leads_back_is_refused() -> None:
    """It would go round."""
    with pytest.raises(PaginationError, match="the page after 'y' leads back to 'x'"):
        next_cursor(ended("", last_id="x"), ListQuery(after="y"), used("x", "y"))


def test_so_many_empty_pages_are_too_many() -> None:
    """The number stands in the documentation; a page with objects begins anew."""
    trail, page = Trail(), ended("", last_id="n")
    for _ in range(MAX_EMPTY_PAGES):
        assert next_cursor(page, FIRST, trail) == "n"
        trail.leave(step_of(page), FIRST)
    with pytest.raises(PaginationError, match="is empty and says that more follows"):
        next_cursor(page, FIRST, trail)
    trail.leave(step_of(PAGE), FIRST)

    assert next_cursor(page, FIRST, trail) == "n"


# --- Objects that come again ----------------------------------------------------------------------


def test_objects_of_the_page_before_are_not_new() -> None:
    """Servers order objects of the same second as they like; the order stays the page's."""
    trail = left("ab")

    assert names(new_objects(page_of("cad"), ListQuery(after="b"), trail)) == ["c", "d"]


def test_an_object_that_is_twice_on_a_page_is_new_once() -> None:
    """At its first place."""
    assert names(new_objects(page_of("aba"), FIRST, Trail())) == ["a", "b"]


def test_a_page_with_nothing_new_is_refused() -> None:
    """A page that is empty has nothing to repeat."""
    with pytest.raises(PaginationError, match="the page after 'z' holds only objects"):
        new_objects(page_of("ba"), ListQuery(after="z"), left("abc"))

    assert new_objects(page_of(""), ListQuery(after="z"), left("abc")) == []


@pytest.mark.parametrize("ids", ["xa", "cx"])
def test_the_ends_of_an_older_page_may_not_come_again(ids: str) -> None:
    """Nor may a cursor that was used; what else was on an older page is not remembered."""
    trail = left("abc", "def")
    with pytest.raises(PaginationError, match="of an older page: the server's pages turn back"):
        new_objects(page_of(ids), ListQuery(after="f"), trail)
    with pytest.raises(PaginationError, match="brings back 'u' of an older page"):
        new_objects(page_of("xu"), ListQuery(after="f"), used("u"))

    assert names(new_objects(page_of("bx"), ListQuery(after="f"), trail)) == ["b", "x"]


def test_pages_that_turn_back_are_noticed() -> None:
    """An object that stays on every page is on an older one by the third."""
    trail = left("ab", "ac")
    with pytest.raises(PaginationError, match="brings back 'a'"):
        new_objects(page_of("ad"), ListQuery(after="c"), trail)


def test_what_lies_behind_the_cursor_may_come_again() -> None:
    """Where a server names another object than the last as the end of its page."""
    trail = Trail()
    trail.leave(Step(page_of("abcd"), page_of("abcd").data, "a"), FIRST)
    trail.leave(Step(page_of("bcde"), page_of("e").data, "b"), FIRST)

    assert names(new_objects(page_of("cdef"), ListQuery(after="b"), trail)) == ["f"]


@given(st.lists(st.text("abcdefgh", max_size=4), max_size=12))
def test_what_is_remembered_is_a_page_and_two_ids_of_each_other(pages: list[str]) -> None:
    """However long the list is."""
    trail = left(*pages)

    assert len(trail.ends) <= 2 * len(pages)
    assert len(trail.latest) <= 4
    assert trail.used == set()


# --- Cursors that are refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "earlier"),
    [
        (ListQuery(after="d"), "cba"),
        (ListQuery(after="c"), "ba"),
        (ListQuery(after="a"), ""),
        (ListQuery(after="elsewhere"), "dcba"),
        (ListQuery(before="a"), "bcd"),
        (ListQuery(before="d"), ""),
        (ListQuery(before="elsewhere"), "abcd"),
    ],
    ids=str,
)
def test_earlier_objects_of_the_page_stand_in_for_a_cursor(query: ListQuery, earlier: str) -> None:
    """Those that came before it, the nearest first."""
    assert "".join(earlier_cursors("abcd", query)) == earlier


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (NotFoundError(status=404), True),
        (BadRequestError(status=400), True),
        (UnprocessableEntityError(status=422), True),
        (APIStatusError(status=410), True),
        (AuthenticationError(status=401), False),
        (InternalServerError(status=500), False),
        (RateLimitError(status=429), False),
        (APIConnectionError(), False),
        (PaginationError(), False),
    ],
    ids=repr,
)
def test_a_refusal_is_told_by_its_status(error: PortkeyError, *, refusal: bool) -> None:
    """Whoever may not list, or not now, is not refused the cursor."""
    assert is_refusal(error) == refusal


def used(*cursors: str) -> Trail:
    """Make a trail of which only the cursors are known."""
    return Trail(used=set(cursors))


def left(*pages: str) -> Trail:
    """Make a trail of pages, without their cursors."""
    trail = Trail()
    for ids in pages:
        trail.leave(step_of(page_of(ids)), FIRST)
    return trail


def step_of(page: Page[Item], *, backward: bool = False) -> Step[Item]:
    """Judge a page as if it were the first."""
    return Step(page, page.data, boundary(page, backward=backward))


def ended(ids: str, *, first_id: str | None = None, last_id: str | None = None) -> Page[Item]:
    """Make a page whose ends are what the test says."""
    return Page(
        data=[Item(name) for name in ids], first_id=first_id, last_id=last_id, has_more=True
    )
