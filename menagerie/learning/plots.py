"""Pictures of a training and of a judgement, drawn without a display."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from menagerie.learning.reliability import BINS, Reliability

_INK = "#334155"
_BLUE = "#2563eb"
_AMBER = "#d97706"
_RGB = (0.145, 0.388, 0.922)  # the same
_DPI = 144
_COUNTS_UP_TO = 12
"""With more classes than this the cells are too small to write in."""


def draw_curves(history: dict[str, list[float]], path: Path) -> None:
    """Draw loss and accuracy over the epochs, and those of validation if any, as a PNG."""
    figure = _figure(8.0, 3.0)
    epochs = range(1, len(history["loss"]) + 1)
    for number, (name, title) in enumerate((("loss", "Loss"), ("accuracy", "Accuracy"))):
        axes = figure.add_subplot(1, 2, number + 1)
        marker = "." if len(epochs) < 3 else ""
        axes.plot(epochs, history[name], color=_BLUE, linewidth=1.8, marker=marker, label="train")
        if (held_out := history.get(f"val_{name}")) is not None:
            style: dict[str, Any] = {"color": _AMBER, "linewidth": 1.8, "linestyle": "--"}
            axes.plot(epochs, held_out, marker=marker, label="validation", **style)
            axes.legend(frameon=False, labelcolor=_INK, fontsize=9)
        axes.set_title(f"{title} while training", color=_INK, fontsize=11, loc="left")
        axes.set_xlabel("epoch", color=_INK)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _calm(axes)
        axes.grid(visible=True, color="#e2e8f0", linewidth=0.8)
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    figure.savefig(path, format="png")


def draw_confusion(confusion: Sequence[Sequence[int]], labels: Sequence[str], path: Path) -> None:
    """Draw counts and shares of true (rows) against predicted classes (columns) as a PNG."""
    counts = np.array(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    edge = min(14.0, 2.4 + 0.9 * len(labels))
    figure = _figure(edge, edge)
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=45 if len(labels) > 4 else 0)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("predicted", color=_INK)
    axes.set_ylabel("true", color=_INK)
    _calm(axes)
    if len(labels) <= _COUNTS_UP_TO:
        for row, column in np.ndindex(counts.shape):
            share = shares[row, column]
            text = f"{counts[row, column]}\n{share:.0%}"
            colour = "white" if share > 0.5 else _INK
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=10)
    figure.savefig(path, format="png", bbox_inches="tight", pad_inches=0.1)


def draw_reliability(found: Mapping[str, Reliability], path: Path) -> None:
    """Draw how often answers are right against how sure they are as a PNG, a panel for each."""
    figure = _figure(8.0, 3.4)
    for number, (title, reliability) in enumerate(found.items()):
        axes = figure.add_subplot(1, len(found), number + 1)
        bins = reliability.bins()
        most = max((count for _, _, count in bins), default=1)
        axes.plot((0, 1), (0, 1), color="#94a3b8", linewidth=1, linestyle="--")
        axes.bar(
            # Bins are closed above; the paler, the fewer photos.
            [(np.ceil(sure * BINS) - 0.5) / BINS for sure, _, _ in bins],
            [right for _, right, _ in bins],
            width=0.9 / BINS,
            color=[(*_RGB, 0.25 + 0.75 * count / most) for _, _, count in bins],
        )
        axes.set_title(f"{title}: ECE {reliability.error:.3f}", color=_INK, fontsize=11, loc="left")
        axes.set_xlabel("sure", color=_INK)
        axes.set_ylabel("right" if number == 0 else "", color=_INK)
        _calm(axes)
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    figure.savefig(path, format="png")


def _figure(width: float, height: float) -> Figure:
    # The object interface: pyplot would keep every figure of the process in a global list.
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _calm(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#cbd5e1")
    axes.tick_params(colors=_INK, length=3)
