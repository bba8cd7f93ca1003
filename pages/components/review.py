"""The portal's review page: whether everything is valid, every value in blocks, the plan, Create."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.components import changes, cloud_state, durations, markup, state, steps, titles
from pages.components.markup import Tone, cell
from pages.components.state import Draft
from pages.components.steps import Step
from services.config import ConfigError
from services.plan import Plan
from services.preflight import Finding
from services.runs import client
from services.runs.changes import Change
from services.runs.client import CannotStart, RunActive

TONES: dict[str, Tone] = {"error": "bad", "warning": "care", "info": "muted"}


def validation(draft: Draft) -> bool:
    """Say what is wrong, each with a link to its step; True when nothing stands in the way of creating."""
    problems = draft.parsed.problems
    answer = cloud_state.findings(draft.config) if not problems else cloud_state.Answer[list[Finding]]([])
    errors = [f for f in answer.value if f.severity == "error"]
    if problems or errors:
        st.error(
            f"**Validation failed.** {len(problems) + len(errors)} to mend before anything can be created."
        )
    elif answer.error:
        st.warning("**The configuration is valid; the cloud could not be asked.**")
    else:
        st.success(f"**Validation passed.** {'' if draft.fixed else 'Nothing has been created yet.'}")
    for problem in problems:
        _line(
            draft,
            problem.path,
            f"{titles.of(problem.path)}: {problem.message}",
            "bad",
            problem.suggestion or "",
        )
    for finding in answer.value:
        _line(draft, finding.path, finding.what, TONES[finding.severity], finding.fix)
    cloud_state.trouble(answer, "review")
    return not problems and not errors


def _line(draft: Draft, path: str, text: str, tone: Tone, fix: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        markup.note(f"{text} {fix}".strip(), tone, live=False)
        if tone != "muted":
            step = steps.of_path(path)
            steps.link(step, f"Go to {step.title}", draft.id)


def block(draft: Draft, step: Step, rows: Sequence[tuple[str, str]]) -> None:
    """One block of values with a way to change them."""
    with st.container(key=f"block_{step.number}_{rows[0][0].replace(' ', '_')}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(step.title, anchor=False)
            steps.link(step, f"Change {step.title.lower()}", draft.id)
        markup.facts(rows)


def values(draft: Draft) -> None:
    """Every value, as the portal's review shows them."""
    config = draft.config
    core = [
        ("Project name", config.name),
        ("Cloud", titles.word(config.cloud)),
        ("Subscription", config.subscription_id),
    ]
    tags = ", ".join(f"{k}: {v}" for k, v in config.core.tags.items()) or "None"
    block(draft, steps.RESOURCE_GROUP, [*core, *_section(draft, "resource_group"), ("Tags", tags)])
    rows = [("Region", config.location)]
    for section in ("workspace", "storage_account", "key_vault", "application_insights"):
        rows += _section(draft, section)
    if config.sections["application_insights"].model_dump()["mode"] == "new":
        rows += _section(draft, "log_analytics")
    block(draft, steps.WORKSPACE, rows)
    block(draft, steps.REGISTRY, _section(draft, "container_registry"))
    sources = ", ".join(titles.word(s) for s in config.core.data_sources)
    rest = [
        row for section in ("sql", "learning", "production", "devops") for row in _section(draft, section)
    ]
    block(draft, steps.OPTIONS, [("Data sources", sources or "None"), *rest])


def _section(draft: Draft, section: str) -> list[tuple[str, str]]:
    """The values of a section; the portal's `(new)` stands before a name that will be created."""
    settings = draft.config.sections[section]
    data = dict(settings.data())
    mode = data.pop("mode", None)
    title = titles.of(section)
    if mode in ("none", "existing"):
        known = data.get("id") or " / ".join(map(str, data.values()))
        return [(title, "None" if mode == "none" else f"(existing) {str(known).rpartition('/')[2]}")]
    if mode is None:
        return [(titles.field(f"{section}.{k}"), titles.word(v)) for k, v in data.items()]
    first, *more = data.items()
    name = "Workspace name" if section == "workspace" else titles.of(f"{section}.{first[0]}")
    rows = [(name, f"(new) {first[1]}")]
    return rows + [(f"{title}: {titles.field(f'{section}.{k}').lower()}", _yes_no(v)) for k, v in more]


def _yes_no(value: object) -> str:
    return {True: "On", False: "Off"}[value] if isinstance(value, bool) else titles.word(value)


def plan_table(plan: Plan, pace: float, planned: Mapping[str, Change]) -> None:
    """The plan in order: what happens to each, how long it takes and when it is expected to stand."""
    finish_s = changes.finish_s(plan, planned)
    rows = [
        [
            cell(str(number), right=True), cell(r.name, mono=True, title=r.id), cell(r.label),
            changes.word(planned[r.key]),
            *(cell(durations.short(s * pace) if planned[r.key].kind in changes.WORK else "–", right=True)
              for s in (r.expected_s, finish_s[r.key])),
            cell("on the critical path" if r.key in plan.critical_path else ""),
        ]
        for number, r in enumerate(plan, 1)
    ]  # fmt: skip
    markup.table(
        "The plan in order", ("", "Resource", "Type", "What happens", "Takes", "Ready after", ""), rows
    )


def create(draft: Draft, valid: bool, planned: Mapping[str, Change]) -> None:
    """The one button that creates; why it can't be pressed stands beside it."""
    label = changes.button(planned)
    idle = label == changes.NOTHING
    reason = "Everything stands as the project asks for it." if idle else ""
    reason = reason if valid else "Mend what the validation names; then you can create."
    if st.button(label, type="primary", disabled=idle or not valid, help=reason or None, key="create"):
        _start(draft)


def _start(draft: Draft) -> None:
    """Begin the run and go to where it is shown; a run that goes on already is shown instead of a second one."""
    try:
        client.start(draft.id, by=state.tab())
    except RunActive:
        pass
    except (ConfigError, CannotStart) as error:
        st.session_state[state.REFUSED] = str(error)
        st.rerun()
    steps.go(steps.PROVISIONING, draft.id)
