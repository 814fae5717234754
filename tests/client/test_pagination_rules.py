"""The rules of a walk, as plain functions: which page is next, when to stop, what to hold back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.list_server import Item, ListServer, honest, names, page_of

from portkey_async import Page, PaginationError
from portkey_async._pagination.cursors import ListQuery, boundary, next_cursor, split

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
    """Whatever has_more says, and however thorough the walk."""
    page = page_of("", has_more=has_more)

    assert next_cursor(page, FIRST, {None}, exhaustive=exhaustive) is None


@pytest.mark.parametrize(
    ("has_more", "following"), [(True, "c"), (None, "c"), (False, None)], ids=str
)
def test_has_more_is_trusted_forward(*, has_more: bool | None, following: str | None) -> None:
    """False ends the walk; where it is left out, the walk goes on to the first empty page."""
    assert next_cursor(page_of("abc", has_more=has_more), FIRST, {None}) == following


@pytest.mark.parametrize("has_more", [None, False, True], ids=str)
@pytest.mark.parametrize(
    ("limit", "following"), [(None, "a"), (3, "a"), (2, "a"), (4, None)], ids=str
)
def test_has_more_is_not_trusted_backward(
    *, has_more: bool | None, limit: int | None, following: str | None
) -> None:
    """Only a page that is shorter than an explicit limit ends the walk."""
    query = ListQuery(limit, before="z")

    assert next_cursor(page_of("abc", has_more=has_more), query, {"z"}) == following


@pytest.mark.parametrize("query", [FIRST, ListQuery(9, before="z")], ids=["forward", "backward"])
def test_an_exhaustive_walk_trusts_nothing(query: ListQuery) -> None:
    """Neither has_more nor a short page ends it."""
    page = page_of("abc", has_more=False)

    assert next_cursor(page, query, {query.cursor}, exhaustive=True) is not None


@pytest.mark.parametrize("query", [ListQuery(after="b"), ListQuery(before="b")], ids=str)
@pytest.mark.parametrize("has_more", [None, False, True], ids=str)
def test_a_page_that_holds_its_own_cursor_is_refused(
    query: ListQuery, *, has_more: bool | None
) -> None:
    """The server ignores the cursor: the walk would never end, or repeat an object."""
    with pytest.raises(PaginationError, match="holds that object itself"):
        next_cursor(page_of("abc", has_more=has_more), query, {"b"})


def test_a_cursor_that_was_used_is_refused() -> None:
    """The server's pages go round; the error names both ends of the jump."""
    with pytest.raises(PaginationError, match="the page after 'y' leads back to 'c'"):
        next_cursor(PAGE, ListQuery(after="y"), {None, "c", "y"})


def test_a_page_that_names_its_own_cursor_as_its_end_is_refused() -> None:
    """Even where the object itself is not on the page."""
    with pytest.raises(PaginationError, match="leads back to 'y'"):
        next_cursor(ended("abc", last_id="y"), ListQuery(after="y"), {None, "y"})


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
    parts = split(page, backward=backward)

    assert tuple("".join(names(part)) for part in parts) == (ready, held)


def test_all_from_the_next_cursor_on_is_held_back() -> None:
    """Where the server names another object than the last, that one waits, and what follows it."""
    ready, held = split(ended("abcd", last_id="b"), backward=False)

    assert (names(ready), names(held)) == (["a"], ["b", "c", "d"])


def test_a_cursor_that_is_not_on_the_page_holds_back_the_last_object() -> None:
    """One object too many does no harm."""
    ready, held = split(ended("abc", last_id="elsewhere"), backward=False)

    assert (names(ready), names(held)) == (["a", "b"], ["c"])


@given(st.text("abcdef", max_size=6), st.none() | st.sampled_from("abcxyz"), st.booleans())
def test_parting_a_page_loses_nothing(
    ids: str,
    end: str | None,
    backward: bool,  # noqa: FBT001  # hypothesis passes by position
) -> None:
    """Both parts joined are the page in walking order, whatever the server calls its end."""
    page = ended(ids, first_id=end, last_id=end)
    ready, held = split(page, backward=backward)

    assert ready + held == (page.data[::-1] if backward else page.data)
    assert bool(held) == bool(ids)


@given(honest())
def test_the_rules_lead_through_an_honest_list_once(
    drawn: tuple[ListServer, ListQuery],
) -> None:
    """Following the cursors gives everything, in order, without a repeat."""
    server, query = drawn
    whole = server.whole(query)
    used, seen = {query.cursor}, list[str]()
    following: str | None = ""
    while following is not None:
        page = server.page(query)
        ready, held = split(page, backward=query.backward)
        seen += names(ready + held)
        following = next_cursor(page, query, used)
        used.add(following)
        query = query.at(following or "")

    assert seen == whole


def ended(ids: str, *, first_id: str | None = None, last_id: str | None = None) -> Page[Item]:
    """Make a page whose ends are what the test says."""
    return Page(
        data=[Item(name) for name in ids], first_id=first_id, last_id=last_id, has_more=True
    )
