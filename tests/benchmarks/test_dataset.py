"""What the benchmark server serves."""

import json

from benchmarks._dataset import Checksum, assistant, encode, expected, identifier, name, pages


def test_a_page_is_a_hundred_assistants_in_about_83_kb() -> None:
    """The size that the bars are stated for."""
    served = list(pages(encode(250), range(250)))

    assert [len(json.loads(page)["data"]) for page in served] == [100, 100, 50]
    assert all(80_000 <= len(page) <= 88_000 for page in served[:2])


def test_pages_joined_are_the_listing_and_their_cursors_are_right() -> None:
    """Every assistant is served once, in order, with the keys of the specification around it."""
    served = [json.loads(page) for page in pages(encode(250), range(250)[::-1])]

    assert [item for page in served for item in page["data"]] == [
        assistant(index) for index in reversed(range(250))
    ]
    assert [page["has_more"] for page in served] == [True, True, False]
    assert [page["last_id"] for page in served] == [identifier(150), identifier(50), identifier(0)]
    assert all(
        page.keys() == {"object", "data", "first_id", "last_id", "has_more"} for page in served
    )


def test_an_assistant_has_the_keys_of_the_specification_and_three_tools() -> None:
    """The row with bars is measured on declared keys only; the other one has two more."""
    plain, undeclared = assistant(1), assistant(1, undeclared=True)

    assert [tool["type"] for tool in plain["tools"]] == [
        "code_interpreter",
        "file_search",
        "function",
    ]
    assert undeclared.keys() - plain.keys() == {"region"}
    assert undeclared["tools"][1]["file_search"].keys() - plain["tools"][1][
        "file_search"
    ].keys() == {"rewrite_query"}


def test_the_checksum_notices_a_wrong_result() -> None:
    """Missing, repeated, swapped and renamed assistants all give another checksum."""
    pairs = [(identifier(index), name(index)) for index in range(5)]
    wrong = [
        pairs[:-1],
        [*pairs, pairs[0]],
        [pairs[0], pairs[0], *pairs[2:]],
        [pairs[1], pairs[0], *pairs[2:]],
        [(pairs[0][0], "other"), *pairs[1:]],
    ]

    assert Checksum.of(pairs) == expected(range(5))
    assert all(Checksum.of(other) != expected(range(5)) for other in wrong)
