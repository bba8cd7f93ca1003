"""The gate on the page: whether this model may be deployed, why not, and where to go; and whether the workspace stands."""

import streamlit as st

from pages.components import markup, model_places, project_places, steps
from pages.components.state import Draft
from services.models import candidate
from services.models.gate import gate
from services.models.records import ModelRecord
from services.runs import journal


def draw(draft: Draft, model: ModelRecord) -> bool:
    """Say whether the way is free; True when it is."""
    tested, stands = _tested(model), _stands(draft)
    return tested and stands


def _tested(model: ModelRecord) -> bool:
    now = gate(model)
    refused = bool(candidate.of_record(model).refusal)
    with st.container(key="gate", border=True, gap="xxsmall"):
        word = "The gate is open." if now.open else "The gate is closed."
        markup.note(f"{word} {now.reason}", "good" if now.open else "care")
        if now.open:
            _figures(model)
        elif refused:
            steps.link(model_places.FIRST, "Look at the model file", model.project_id)
        else:
            steps.link(model_places.PAGES["test"], "Test on this machine", model.project_id)
    return now.open


def _figures(model: ModelRecord) -> None:
    """What the test has measured, which the proposals below are made from."""
    told = model.verdict or {}
    figures = (
        ("p95_ms", "{:.1f} ms at the 95th percentile"), ("startup_s", "started in {:.1f} s"),
        ("memory_peak_mb", "took {:.0f} MB at most"),
    )  # fmt: skip
    said = [words.format(told[key]) for key, words in figures if told.get(key) is not None]
    if said:
        markup.note(f"Measured on this machine: {', '.join(said)}.", live=False)


def _stands(draft: Draft) -> bool:
    run = journal.newest(draft.id)
    if (
        run
        and run.kind == "apply"
        and run.state == "Succeeded"
        and draft.project.applied == draft.config.identity
    ):
        return True
    with st.container(key="no_workspace", border=True, gap="xxsmall"):
        if run is None:
            markup.note("The project's workspace does not stand yet. Create the resources first.", "care")
            steps.link(steps.SUMMARY, "Review + create", draft.id)
        elif run.kind == "destroy":
            markup.note(
                "The project's resources were removed, or are being removed. Create them anew first.", "care"
            )
            steps.link(project_places.PAGES["tear_down"], "See what was removed", draft.id)
        else:
            markup.note(
                f"The project's resources are not complete: {run.state}. A model is served from them.", "care"
            )
            steps.link(steps.PROVISIONING, "See the run", draft.id)
    return False
