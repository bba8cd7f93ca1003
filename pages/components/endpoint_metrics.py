"""What Azure Monitor has measured: requests, latency, processor and memory, as charts with the same figures as a table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import endpoint_cloud, markup
from pages.components.markup import cell
from services.config import ProjectConfig
from services.models.online import monitor
from services.models.online.endpoints import Endpoint
from services.models.online.monitor import Point

# Both stand out from a white and from a dark background by more than 3 to 1.
COLOURS = ("#2E86D1", "#C77316")
SPANS = {"30 minutes": 30, "3 hours": 180, "1 day": 1440}
# Title, unit, and the metrics with the words for each.
REQUESTS = ("Requests", "a minute", {monitor.REQUESTS: "Requests"})
LATENCY = ("Latency", "ms", {monitor.P50: "p50", monitor.P95: "p95"})
LOAD = ("Load of the machines", "%", {monitor.CPU: "CPU", monitor.MEMORY: "Memory"})


def draw(config: ProjectConfig, endpoint: Endpoint) -> None:
    """The span of time, then a chart for each question."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        span = st.segmented_control("The last", list(SPANS), default="30 minutes", key="span", required=True)
        st.button("Refresh", key="metrics_refresh")
    minutes = SPANS[str(span)]
    for title, unit, names in (REQUESTS, LATENCY):
        _chart(config, endpoint.id, title, unit, names, minutes)
    for one in endpoint.deployments:
        title, unit, names = LOAD
        _chart(config, one.id, f"{title}: {one.name}", unit, names, minutes)


def _chart(
    config: ProjectConfig, id: str, title: str, unit: str, names: Mapping[str, str], minutes: int
) -> None:
    st.header(f"{title} ({unit})", anchor=False)
    now = datetime.now(UTC)
    answer = endpoint_cloud.ask(config, lambda cloud: monitor.read(cloud, id, tuple(names), minutes, now))
    if answer.value is None:
        markup.note(answer.error, "care", live=False)
        return
    found = {names[key]: points for key, points in answer.value.items() if key in names}
    if not any(monitor.measured(points) for points in found.values()):
        markup.note(
            "Nothing was measured in this time. Figures come a few minutes after the requests.", live=False
        )
        return
    frame = pd.DataFrame({word: _series(points) for word, points in found.items()})
    st.line_chart(
        frame, height=200, y_label=unit, color=[*COLOURS[: frame.shape[1]]], alt=_said(title, unit, frame)
    )
    with st.expander("As a table", type="compact"):
        _table(title, frame)


def _series(points: list[Point]) -> "pd.Series[Any]":
    return pd.Series({point.at: point.value for point in points}, dtype="float64")


def _said(title: str, unit: str, frame: pd.DataFrame) -> str:
    """The chart in one sentence."""
    parts = [f"{name} from {values.min():.3g} to {values.max():.3g}" for name, values in frame.items()]
    return f"{title} in {unit}: {', '.join(parts)}"


def _table(title: str, frame: pd.DataFrame) -> None:
    some = frame.dropna(how="all").iloc[::-1].head(200)
    rows = [
        [
            cell(at.strftime("%Y-%m-%d %H:%M")),
            *(cell("–" if pd.isna(value) else f"{value:.4g}", right=True) for value in row),
        ]
        for at, row in zip(some.index, some.to_numpy(), strict=True)
    ]
    markup.table(title, ("Minute (UTC)", *map(str, frame.columns)), rows)
