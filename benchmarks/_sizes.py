"""How much of everything is run."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """How much of everything; the defaults are what the bars are stated for."""

    rounds: int = 7
    import_rounds: int = 15
    scale_rounds: int = 3
    listed: int = 10_000
    calls: int = 5_000
    concurrency: int = 50
    pages: int = 100
    iterated: int = 100_000
    iterated_few: int = 1_000
    decode_seconds: float = 0.3
    derived: int = 10_000
    streamed: int = 20_000
    streamed_few: int = 1_000
    streamed_many: int = 100_000
    streams: int = 100
    stream_rate: int = 50
    stream_seconds: int = 4
    scale_pages: Sequence[int] = (1, 3, 10, 30, 100)
    scale_calls: Sequence[int] = (30, 100, 300, 1_000, 3_000)
    scale_concurrency: Sequence[int] = (1, 3, 10, 30, 100)
    scale_concurrency_calls: int = 300


QUICK = Sizes(
    rounds=2,
    import_rounds=2,
    scale_rounds=1,
    listed=500,
    calls=200,
    concurrency=20,
    pages=5,
    iterated=2_000,
    iterated_few=500,
    decode_seconds=0.05,
    derived=100,
    streamed=200,
    streamed_few=100,
    streamed_many=200,
    streams=5,
    stream_rate=10,
    stream_seconds=1,
    scale_pages=(1, 3),
    scale_calls=(30, 60),
    scale_concurrency=(1, 5),
    scale_concurrency_calls=30,
)
