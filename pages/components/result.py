"""What stands after a run: the portal's essentials, a table of resources, their outputs, what to do next."""

import json

import streamlit as st

from pages.components import durations, markup, model_places, project_places, steps, titles
from pages.components.markup import cell
from pages.components.state import Draft
from services.plan import Plan
from services.progress import DONE, RunView

PORTAL = "https://portal.azure.com/#resource"


def missing(draft: Draft, run: RunView | None) -> None:
    """Say what is not there yet, and where to go."""
    if run is None:
        st.info("Nothing has been created yet. Review the project, then press Create.")
        steps.link(steps.SUMMARY, "Review + create", draft.id)
        return
    if run.kind == "destroy":
        st.info("The newest run has removed what Groundplan had created, or is removing it.")
        steps.link(project_places.PAGES["tear_down"], "See what is removed and what stays", draft.id)
        return
    absent = [key for key, step in run.steps.items() if step.state not in DONE]
    st.warning(
        f"**The newest run is not complete: {run.state}.** {len(absent)} of {len(run.steps)} resources are missing."
    )
    markup.items(f"{titles.of(key)}: {run.steps[key].state}" for key in absent)
    steps.link(steps.PROVISIONING, "See the run", draft.id)


def essentials(plan: Plan, run: RunView) -> None:
    """The head of the portal's deployment overview."""
    config = plan.config
    markup.facts(
        [
            ("Run", run.id), ("Subscription", config.subscription_id), ("Resource group", plan["resource_group"].name),
            ("Region", config.location), ("Start time", durations.clock(run.started_at or run.created_at)),
            ("Took", durations.short((run.finished_at or 0) - (run.started_at or run.created_at))),
            ("Cloud", titles.word(config.cloud)), ("Configuration", config.digest),
        ]
    )  # fmt: skip


def table(plan: Plan, run: RunView) -> None:
    """Every resource: name, type, state, how long it took, its ID."""
    rows = [
        [
            cell(r.name, mono=True), cell(r.label), cell(run.steps[r.key].state, tone="good"),
            cell(durations.short(run.steps[r.key].elapsed_s(0.0)), right=True), cell(r.id, mono=True),
        ]
        for r in plan if r.key in run.steps
    ]  # fmt: skip
    st.header("Deployment details", anchor=False)
    markup.table(
        "Deployment details", ("Resource", "Type", "State", "Took", "Operation details: resource ID"), rows
    )
    if plan.config.cloud == "azure":
        st.link_button("Open the resource group in the Azure portal", f"{PORTAL}{plan['resource_group'].id}")


def outputs(plan: Plan, run: RunView) -> None:
    """What other programs need to know of the resources; no secrets."""
    found = [
        (r, name, value)
        for r in plan
        if r.key in run.steps
        for name, value in run.steps[r.key].outputs.items()
    ]
    if found:
        st.header("Outputs", anchor=False)
        rows = [
            [cell(r.name, mono=True), cell(name.rpartition(".")[2]), cell(str(value), mono=True)]
            for r, name, value in found
        ]
        markup.table("Outputs", ("Resource", "Output", "Value"), rows)


def config_json(plan: Plan) -> str:
    """What `MLClient.from_config` reads."""
    known = {
        "subscription_id": plan.config.subscription_id, "resource_group": plan["resource_group"].name,
        "workspace_name": plan["workspace"].name,
    }  # fmt: skip
    return json.dumps(known, indent=2) + "\n"


def next_steps(draft: Draft, plan: Plan) -> None:
    """The file that finds the workspace, and how to go on."""
    st.header("Next steps", anchor=False)
    markup.lead(
        "The resources stand. Bring a model file, test it on this machine, and deploy it to an endpoint that answers."
    )
    steps.link(model_places.FIRST, "Bring a model file", draft.id, key="next_model")
    st.download_button(
        "Download config.json", config_json(plan), "config.json", "application/json", key="config_json",
        on_click="ignore",
    )  # fmt: skip
    markup.items(
        [
            "Put config.json beside your notebooks: MLClient.from_config() finds the workspace by it.",
            "Take project.yaml from the summary: it makes the same again, here or with python -m services apply.",
            "Change a setting and press Create again: what stands already is adopted, only what is new is created.",
        ]
    )
    steps.link(steps.SUMMARY, "Back to the summary", draft.id)
