"""What is chosen before a model is deployed: endpoint and deployment, share of the traffic, probes and times."""

from typing import Any, NamedTuple

import streamlit as st

from pages.components import fields, markup, state
from pages.components.state import Draft
from services.config import Production
from services.models import releasing
from services.models.online import endpoints
from services.models.online.endpoints import Endpoint
from services.models.records import ModelRecord
from services.runs import journal

TAKEN = "EndpointNameTaken"  # as `services.explain` calls it
PROBES = "https://learn.microsoft.com/azure/machine-learning/reference-yaml-deployment-managed-online#probesettings"


class Time(NamedTuple):
    """A number of the release: its field and label, Azure's default, the least and the most; `limited` by Azure itself."""

    field: str
    label: str
    default: int
    least: int
    most: int
    limited: bool = False


TIMES = (
    Time("timeout_ms", "Request time-out (ms)", 5000, 1, releasing.LONGEST_MS, limited=True),
    Time("concurrency", "Requests at once for each instance", 1, 1, 1000),
    Time("initial_delay_s", "First probe after (s)", 10, 1, 3600),
    Time("period_s", "A probe every (s)", 10, 1, 3600),
    Time("failures", "Probes that may fail", 30, 1, 1000),
    Time("probe_timeout_s", "Time-out of a probe (s)", 2, 1, 3600),
)


def place(draft: Draft, endpoint: Endpoint | None) -> None:
    """The names, and what stands there already."""
    left, right = st.columns(2)
    with left:
        fields.text(draft, "production.endpoint", label="Online endpoint")
    with right:
        fields.text(draft, "production.deployment", label="Online deployment")
    if endpoint is not None:
        _joins(draft, endpoint)
    elif _refused(draft):
        _taken(draft)
    else:
        markup.note(
            f"{draft.config[Production].endpoint} will be created. Its name must be free in {draft.config.location}: "
            "Azure tells when it is asked to create it, and nothing else is lost then.", live=False,
        )  # fmt: skip


def _taken(draft: Draft) -> None:
    """Say that the name is somebody else's, and propose another one."""
    name = draft.config[Production].endpoint
    other = endpoints.another_name(name, draft.id)
    markup.note(f"Another endpoint in {draft.config.location} is called {name}.", "bad")
    st.button(
        f"Use {markup.plain(other)}", key="other_endpoint", type="tertiary", on_click=state.commit,
        args=(draft.id, "production.endpoint", other),
    )  # fmt: skip


def _joins(draft: Draft, endpoint: Endpoint) -> None:
    """What stands at the endpoint: the deployment joins it, or would be changed in place."""
    name = draft.config[Production].deployment
    there = endpoint.deployment(name)
    if there is None:
        others = ", ".join(f"{one} {part} %" for one, part in endpoint.traffic.items()) or "no traffic yet"
        markup.note(f"{endpoint.name} stands ({others}). {name} joins it.", "good", live=False)
        return
    other = endpoints.another_colour([one.name for one in endpoint.deployments])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        serves = f", serving {there.model}" if there.model else ""
        markup.note(
            f"{name} stands{serves}: it would be changed in place while it answers.", "care", live=False
        )
        st.button(
            f"Use {markup.plain(other)} beside it", key="other_colour", type="tertiary", on_click=state.commit,
            args=(draft.id, "production.deployment", other),
        )  # fmt: skip


def _refused(draft: Draft) -> bool:
    """Whether the cloud has refused this very name in the newest run: somebody else's endpoint has it."""
    run = journal.newest(draft.id, kinds=("deploy",))
    step = run.steps.get("online_endpoint") if run else None
    if run is None or step is None or step.error is None:
        return False
    return (
        step.error.code == TAKEN and run.options["release"]["endpoint"] == draft.config[Production].endpoint
    )


def share(draft: Draft, endpoint: Endpoint | None) -> dict[str, Any]:
    """The percentage of the traffic that the deployment gets; asked only where another one has some."""
    name, traffic = draft.config[Production].deployment, dict(endpoint.traffic) if endpoint else {}
    others = {one: part for one, part in traffic.items() if one != name}
    if not others:
        return {"share": 100, "before": traffic}
    start = traffic.get(name, 10)
    part = st.slider(
        f"Share of the traffic for {markup.plain(name)}", 0, 100, start, 5, format="%d %%", key=f"share_{name}",
        bind="query-params", help="The others keep the rest, in the proportions that they have now. 0 tries it without any.",
    )  # fmt: skip
    return {"share": int(part), "before": traffic}


def times(model: ModelRecord) -> dict[str, int]:
    """Probes and times, proposed from what the test measured; Azure's limits stand beside them."""
    proposed = {one.field: one.default for one in TIMES} | releasing.measured(model.verdict or {})
    with st.expander("Probes and time-outs, proposed from the test", key="probes"):
        columns = st.columns(3)
        chosen = {}
        for number, one in enumerate(TIMES):
            with columns[number % 3]:
                chosen[one.field] = _number(one, proposed[one.field])
        patience = chosen["initial_delay_s"] + chosen["period_s"] * chosen["failures"]
        markup.note(
            f"The container has about {patience} s to become healthy, then Azure gives the deployment up. "
            f"The first probe waits three times the start-up on this machine; the time-out is ten times the p95. {PROBES}",
            live=False,
        )
    return chosen


def _number(one: Time, proposed: int) -> int:
    most = f", its most {one.most}" if one.limited else ""
    value = st.number_input(
        one.label, one.least, one.most, min(one.most, proposed), 1, key=one.field, bind="query-params",
        help=f"Azure's default is {one.default}, its least {one.least}{most}.",
    )  # fmt: skip
    return int(value)
