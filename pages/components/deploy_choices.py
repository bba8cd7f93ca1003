"""What is chosen on the page Deploy, in the order of the page, and what would come of it."""

import streamlit as st

from pages.components import deploy_form, deploy_plan, endpoint_cloud, fields, instance_tiles, markup
from pages.components.state import Draft
from services.config import Production
from services.models.online import sizes
from services.models.online.sizes import Wanted
from services.models.records import ModelRecord


def draw(draft: Draft, model: ModelRecord) -> None:
    """Where, on which machines, with which times; then the plan and its start."""
    chosen = draft.config[Production]
    standing = endpoint_cloud.standing(draft.id, draft.config, (chosen.endpoint,))
    region = (
        endpoint_cloud.silent(standing) if standing.error else endpoint_cloud.region(draft.id, draft.config)
    )
    endpoint = (standing.value or {}).get(chosen.endpoint)
    endpoint_cloud.trouble(standing if standing.error else region, "deploy")
    st.header("Where", anchor=False)
    deploy_form.place(draft, endpoint)
    shared = deploy_form.share(draft, endpoint)
    st.header("Instance type", anchor=False)
    markup.note(sizes.dated(), live=False)
    fields.field(draft, "production.instance_count", label="Instance count")
    there = endpoint.deployment(chosen.deployment) if endpoint else None
    held = sizes.held(sizes.named(there.instance_type, region.value), there.instances) if there else {}
    peak = (model.verdict or {}).get("memory_peak_mb")
    wanted = Wanted(draft.config.location, chosen.instance_count, peak, held)
    unfit = instance_tiles.draw(draft, wanted, region.value)
    times = deploy_form.times(model)
    deploy_plan.draw(draft, model, shared | times, region.value, unfit)
