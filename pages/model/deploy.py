"""Deploy a tested model: the gate, where it goes, on which machines, what that costs, and the run that does it."""

import streamlit as st

from pages.components import (
    deploy_form,
    deploy_gate,
    deploy_plan,
    endpoint_cloud,
    fields,
    instance_tiles,
    markup,
    model_page,
    release_run,
)
from services.config import Production
from services.models.online import sizes
from services.models.online.sizes import Wanted
from services.runs import journal

draft, model = model_page.with_model(
    "deploy",
    "Deploy to the cloud",
    "The tested model becomes an online endpoint of the project's workspace. Nothing happens before you press the button.",
)
run = journal.newest(draft.id, kinds=journal.MODELS)
free = deploy_gate.draw(draft, model)
if run and not run.ended:
    st.header(release_run.title(run), anchor=False)
    release_run.draw(run, here="deploy")
    st.stop()
if free:
    chosen = draft.config[Production]
    standing = endpoint_cloud.standing(draft.config, (chosen.endpoint,))
    endpoint = (standing.value or {}).get(chosen.endpoint)
    region = endpoint_cloud.region(draft.config) if not standing.error else endpoint_cloud.silent(standing)
    there = endpoint.deployment(chosen.deployment) if endpoint else None
    endpoint_cloud.trouble(standing if standing.error else region, "deploy")
    st.header("Where", anchor=False)
    deploy_form.place(draft, endpoint)
    shared = deploy_form.share(draft, endpoint)
    st.header("Instance type", anchor=False)
    held = sizes.held(sizes.named(there.instance_type, region.value), there.instances) if there else {}
    peak = (model.verdict or {}).get("memory_peak_mb")
    markup.note(sizes.dated(), live=False)
    fields.field(draft, "production.instance_count", label="Instance count")
    wanted = Wanted(draft.config.location, chosen.instance_count, peak, held)
    unfit = instance_tiles.draw(draft, wanted, region.value)
    times = deploy_form.times(model)
    deploy_plan.draw(draft, model, shared | times, region.value, unfit)
if run:
    st.header("The last run", anchor=False)
    markup.note(release_run.title(run), live=False)
    release_run.draw(run, here="deploy")
