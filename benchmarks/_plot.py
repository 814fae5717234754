"""The scaling plot: wall time against pages, calls and concurrency, one panel each, as SVG."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, NullLocator

from benchmarks._measure import figure, single
from benchmarks._run import Outcome

_STYLES = {
    "portkey_ai": ("portkey-ai", "#b07aa1", 1.6, "^"),
    "openai": ("openai", "#e07b39", 1.6, "s"),
    "openai_aiohttp": ("openai over aiohttp", "#59a14f", 1.6, "v"),
    "portkey_async": ("portkey_async", "#1f5fa8", 2.6, "o"),
    "floor": ("bare aiohttp + orjson", "#8c8c8c", 1.6, "D"),
}


def draw(outcomes: Sequence[Outcome], path: Path) -> None:
    """Draw one panel for every outcome, its samples keyed by what goes on the horizontal axis.

    Args:
        outcomes: Those of the scaling scenarios.
        path: Where the SVG goes.
    """
    mpl.rcParams.update({"svg.hashsalt": "portkey_async", "font.size": 11})
    canvas = Canvas(figsize=(12, 4.6), layout="constrained", facecolor="white")
    panels = canvas.subplots(1, len(outcomes), sharey=True, squeeze=False)[0]
    for panel, outcome in zip(panels, outcomes, strict=True):
        _panel(panel, outcome)
    panels[0].set_ylabel("wall time")
    handles, labels = panels[0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=len(_STYLES), frameon=False)
    canvas.savefig(path, format="svg", metadata={"Date": None})


def _panel(panel: Axes, outcome: Outcome) -> None:
    points = sorted(
        {
            int(key)
            for samples in outcome.rounds
            for sample in samples.values()
            for key in sample
            if key.isdigit()
        }
    )
    for label, (name, colour, width, marker) in _STYLES.items():
        medians = [figure(outcome.rounds, single(str(point), label)) for point in points]
        drawn = [
            (point, median.median) for point, median in zip(points, medians, strict=True) if median
        ]
        panel.plot(
            *zip(*drawn, strict=True),
            label=name,
            color=colour,
            linewidth=width,
            marker=marker,
            markersize=5,
        )
    panel.set(xscale="log", yscale="log", xlabel=outcome.scenario.title, xticks=points)
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _seconds(value)))
    panel.grid(visible=True, which="major", color="#dddddd", linewidth=0.8)
    panel.spines[["top", "right"]].set_visible(False)


def _seconds(value: float) -> str:
    return f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms"
