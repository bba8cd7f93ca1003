"""The scenarios of the rehearsal: which one plays, what each does, and beginning anew in another after a confirmation."""

import streamlit as st

from pages.components import markup, state
from services import rehearsal
from services.rehearsal import NoRehearsal, Scenario, Stage

WELL = Scenario(
    "", "All goes well", "Nothing fails but what your own choices make fail, such as a name that is taken."
)


def draw(project_id: str | None) -> None:
    """What plays now, and every scenario with a button; the URL's project is kept by the header's links."""
    try:
        stage = rehearsal.stage()
    except NoRehearsal as error:
        st.warning(str(error))
        st.button("Try again", key="rehearsal_again")
        return
    known = {one.name: one for one in (WELL, *stage.scenarios)}
    markup.facts(_facts(stage, known))
    chosen = _choice(known, stage)
    _confirm(known[chosen], stage)
    st.header("On the command line", anchor=False)
    st.code(
        f"python -m simulator serve --scenario {chosen or next(iter(known.keys() - {''}))}", language="bash"
    )


def _facts(stage: Stage, known: dict[str, Scenario]) -> list[tuple[str, str]]:
    return [
        ("Plays now", known[stage.playing].title if stage.playing in known else stage.playing),
        ("Resources in it", str(stage.resources)),
        ("Address", stage.endpoint),
        ("Pace", f"{stage.pace:g} of Azure's durations"),
    ]


def _choice(known: dict[str, Scenario], stage: Stage) -> str:
    """A list of all of them, each with what it does."""
    st.header("Scenarios", anchor=False)
    names = list(known)
    return str(
        st.radio(
            "Scenario",
            names,
            index=names.index(stage.playing) if stage.playing in known else 0,
            format_func=lambda name: markup.plain(known[name].title),
            key="scenario",
            label_visibility="collapsed",
            captions=[markup.plain(known[name].what) for name in names],
        )
    )


def _confirm(chosen: Scenario, stage: Stage) -> None:
    """Beginning anew empties the simulator: it is asked for, and says what goes."""
    if stage.resources:
        st.checkbox(
            f"Forget the {stage.resources} resources that stand in the rehearsal", key="scenario_forget",
            help="Projects, drafts and the history of runs stay. What they have created in the rehearsal is gone.",
        )  # fmt: skip
    ready = not stage.resources or bool(st.session_state.get("scenario_forget"))
    st.button(
        f"Begin anew: {chosen.title}", key="scenario_play", type="primary", disabled=not ready,
        on_click=_play, args=(chosen.name,),
        help=None if ready else "It can be pressed once the box above is ticked.",
    )  # fmt: skip
    if st.session_state.pop(state.PLAYED, None) == chosen.name:
        st.success(f"The rehearsal has begun anew: {markup.plain(chosen.title)}.")


def _play(name: str) -> None:
    try:
        rehearsal.play(name)
    except NoRehearsal as error:
        st.session_state[state.REFUSED] = str(error)
    else:
        st.session_state[state.PLAYED] = name
        st.session_state["scenario_forget"] = False
