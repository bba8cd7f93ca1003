"""How a deployment grows and shrinks: the rule that stands, a form for it, and its removal."""

import streamlit as st

from pages.components import endpoint_cloud, guard, markup
from services.config import ProjectConfig
from services.models.online import autoscale
from services.models.online.autoscale import MOST, WORDS, Measure, Rule
from services.models.online.endpoints import Deployment, Endpoint


def draw(config: ProjectConfig, endpoint: Endpoint) -> None:
    """A deployment of the endpoint with its rule."""
    names = [one.name for one in endpoint.deployments]
    if not names:
        st.info("There is no deployment that could grow.")
        return
    name = st.selectbox("Deployment", names, key=f"scale_of:{endpoint.name}", width=240)
    deployment = endpoint.deployment(name)
    assert deployment
    found = endpoint_cloud.ask(config, lambda cloud: autoscale.read(cloud, deployment.id))
    if found.error:
        markup.note(found.error, "care", live=False)
        return
    _stands(config, deployment, found.value)
    _form(config, deployment, found.value or Rule(default=min(MOST, deployment.instances)))


def _stands(config: ProjectConfig, deployment: Deployment, rule: Rule | None) -> None:
    if rule is None:
        count = f"{deployment.instances} instance{'s' * (deployment.instances != 1)}"
        markup.note(f"{deployment.name} has no rule: it stays at {count}.", live=False)
        return
    markup.note(
        f"{deployment.name} has {rule.least} to {rule.most} instances, {rule.default} when nothing is measured. "
        f"{WORDS[rule.measure]}: above {rule.out:g} one more, below {rule.back:g} one fewer, over five minutes.",
        "good", live=False,
    )  # fmt: skip
    st.button(
        "Remove the rule", key=f"unscale:{deployment.name}", on_click=_remove, args=(config, deployment),
        help="The number of instances stays as it is now.",
    )  # fmt: skip


def _form(config: ProjectConfig, deployment: Deployment, rule: Rule) -> None:
    with st.form(f"scale:{deployment.id[-60:]}:{rule}", border=True):
        first, second, third = st.columns(3)
        least = first.number_input("Fewest instances", 1, MOST, rule.least)
        most = second.number_input("Most instances", 1, MOST, rule.most)
        default = third.number_input("Instances when nothing is measured", 1, MOST, rule.default)
        measures: list[Measure] = list(WORDS)
        measure = first.selectbox(
            "By", measures, measures.index(rule.measure), format_func=lambda one: WORDS[one]
        )
        out = second.number_input("One more above", 1.0, 1_000_000.0, rule.out, format="%g")
        back = third.number_input("One fewer below", 0.0, 1_000_000.0, rule.back, format="%g")
        if st.form_submit_button("Set the rule", key="set_rule"):
            _put(
                config,
                deployment,
                Rule(int(least), int(most), int(default), measure, float(out), float(back)),
            )


def _put(config: ProjectConfig, deployment: Deployment, rule: Rule) -> None:
    wrong = rule.problems()
    if wrong:
        markup.items(wrong, "bad")
        return
    endpoint_cloud.change(config, lambda cloud: autoscale.put(cloud, rule, deployment.id, config.location))
    st.rerun()


@guard.answering
def _remove(config: ProjectConfig, deployment: Deployment) -> None:
    endpoint_cloud.change(config, lambda cloud: autoscale.remove(cloud, deployment.id))
