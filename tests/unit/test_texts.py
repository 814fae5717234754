"""The text of a message while it grows."""

from hypothesis import example, given
from hypothesis import strategies as st

from portkey_async._runs.texts import Text

#: More than are kept one by one.
MANY = 2_500


@example(pieces=[], often=MANY)
@given(st.lists(st.text(max_size=3), max_size=20), st.integers(0, MANY))
def test_a_text_is_what_was_written(pieces: list[str], often: int) -> None:
    """However many pieces there are, and whenever it is asked for."""
    text = Text()
    written: list[str] = []
    for piece in [*pieces, *(str(number) for number in range(often)), *pieces]:
        text.write(piece)
        written.append(piece)
        if len(written) % 700 == 0:
            assert text.getvalue() == "".join(written)
    assert text.getvalue() == "".join(written)
