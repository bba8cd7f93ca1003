"""What is known of a model file without having run a byte of it: the card of the intake, and letting a file pass."""

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from pages.components import durations, guard, markup, model_places, state, steps
from pages.components.markup import Tone, cell
from services.models import records
from services.models.files import in_words
from services.models.intake import Column, Intake, Verdict
from services.models.records import ModelRecord

FORMATS = {
    "scikit-learn-pickle": "scikit-learn, pickle", "joblib": "joblib", "skops": "skops", "pickle": "pickle",
    "torchscript": "TorchScript", "torch-checkpoint": "PyTorch checkpoint", "torch-pt2": "PyTorch exported program (pt2)",
    "onnx": "ONNX", "xgboost": "XGBoost", "lightgbm": "LightGBM", "keras": "Keras", "keras-h5": "Keras (HDF5)",
    "safetensors": "safetensors", "mlflow": "MLflow model", "rds": "R object (.rds)", "numpy": "NumPy array",
    "other": "Not recognised",
}  # fmt: skip
FRAMEWORKS = {
    "onnx": "ONNX", "pytorch": "PyTorch", "xgboost": "XGBoost", "lightgbm": "LightGBM", "keras": "Keras", "mlflow": "MLflow",
    "r": "R", "other": "Not recognised",
}  # fmt: skip
HIDDEN = ("class", "n_features", "ir_version")  # said by other rows, or of no use to a reader
VERDICTS: dict[Verdict, tuple[str, Tone, str]] = {
    "safe": ("Safe", "good", "Every part of the file was read, and loading it calls nothing but what it needs."),
    "blocked": ("Blocked", "bad", "Loading it would run code that no model needs. It is not loaded here and not deployed."),
    "unknown": ("Unknown", "care", "What loading this file would do cannot be said for sure, so it is not loaded here."),
}  # fmt: skip
PASSING = (
    "Do this only if you made the file yourself, or trust who did as you trust a program that you install. It is "
    "written into the project's history with the time and what was typed. On this machine the file still runs only in "
    "the sandbox; where no sandbox can be had, it does not run at all."
)


def draw(model: ModelRecord) -> None:
    """The whole card: facts, verdict with its reasons, inputs and outputs, and what to do next."""
    intake = model.intake
    word, _, _ = VERDICTS[intake.verdict]
    with st.container(border=True, key="intake"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.header(markup.plain(model.file_name), anchor=False, width="content")
            markup.badge(word, intake.verdict, f"Verdict: {word}")
        _verdict(intake)
        markup.facts(_facts(model))
        markup.note("SHA-256", live=False)
        st.code(intake.sha256, language=None, wrap_lines=True)
        _columns("Inputs", intake.inputs)
        _columns("Outputs", intake.outputs)
        if not intake.inputs and intake.verdict == "safe":
            markup.note(
                "The file does not say what its inputs are; the API handler lets you name them.", live=False
            )
    _next(model)


def _verdict(intake: Intake) -> None:
    _, tone, meaning = VERDICTS[intake.verdict]
    markup.note(meaning, tone, live=False)
    if intake.reasons:
        markup.items(intake.reasons)


def _facts(model: ModelRecord) -> Iterable[tuple[str, str]]:
    intake = model.intake
    yield "Format", FORMATS[intake.format]
    yield "Framework", FRAMEWORKS.get(intake.framework, intake.framework)
    versions = ", ".join(f"{FRAMEWORKS.get(one, one)} {version}" for one, version in intake.versions.items())
    yield "Versions found inside", versions or "none"
    exact = f" ({intake.size:,} bytes)" if intake.size >= 1000 else ""
    yield "Size", in_words(intake.size) + exact
    for word, value in intake.details.items():
        if word not in HIDDEN and _short(value):
            yield _title(word), _text(value)
    yield "Added", f"{durations.clock(model.created_at)}"


def _columns(title: str, columns: Sequence[Column]) -> None:
    if not columns:
        return
    st.subheader(title, anchor=False)
    rows = [
        [
            cell(one.name, mono=True),
            cell(one.dtype or "–"),
            cell(_shape(one)),
            cell(_text(one.categories) or "–"),
        ]
        for one in columns[:200]
    ]
    markup.table(title, ("Name", "Type", "Shape", "Values"), rows)
    if len(columns) > len(rows):
        markup.note(f"And {len(columns) - len(rows)} more.", live=False)


def _shape(column: Column) -> str:
    return " × ".join("any" if size is None else str(size) for size in column.shape) or "one value"


def _next(model: ModelRecord) -> None:
    if model.intake.verdict == "safe":
        steps.link(model_places.PAGES["handler"], "Next: API handler", model.project_id, key="next")
    elif model.override:
        _passed(model)
        steps.link(model_places.PAGES["handler"], "Next: API handler", model.project_id, key="next")
    else:
        _offer(model)


def _passed(model: ModelRecord) -> None:
    override = model.override or {}
    markup.note(
        f"A person let this file pass on {durations.clock(override.get('at'))}. It runs only in the sandbox: without "
        "network, with a read-only file system, limited in memory and time.", "care", live=False,
    )  # fmt: skip


def _offer(model: ModelRecord) -> None:
    """What to do with a file that is not called safe; the way past it is there, and has to be meant."""
    st.subheader("What to do", anchor=False)
    markup.items(
        [
            "Save the model in a format that holds no code: ONNX, skops or safetensors; then bring that file.",
            "If the file came from somebody else, ask them how it was made. Do not open it elsewhere to find out.",
        ]
    )
    with st.expander("Let this file pass nevertheless"):
        st.markdown(PASSING)
        typed = st.text_input(
            f"Type the file's name to confirm: {markup.plain(model.file_name)}", key=f"override:{model.id}",
            live="300ms", autocomplete="off", max_chars=255, width=480,
        )  # fmt: skip
        meant = typed == model.file_name
        st.button(
            "Let it pass", key="override", disabled=not meant, on_click=_let_pass, args=(model.id, model.file_name),
            help=None if meant else "It can be pressed once the name above is typed exactly.",
        )  # fmt: skip


@guard.answering
def _let_pass(id: str, name: str) -> None:
    """With what the field holds now: it may have changed since the page was drawn."""
    typed = str(st.session_state.get(f"override:{id}", ""))
    if typed == name:
        records.set_override(id, typed, by=state.tab())


def _title(word: str) -> str:
    return word.replace("_", " ").capitalize()


def _short(value: Any) -> bool:
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    many = isinstance(value, list | tuple) and all(isinstance(one, str | int | float) for one in value)
    return value not in ("", (), []) and (plain or many) and len(_text(value)) <= 160


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
