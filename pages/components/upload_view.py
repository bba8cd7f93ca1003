"""Where model files are dropped; the browser streams them past Streamlit, which would hold them in memory."""

import time
from pathlib import Path

import streamlit as st

from pages.components import state
from services.models import upload_route, upload_tickets, uploads
from services.models.uploads import Upload

HERE = Path(__file__).parent
JS = "".join((HERE / name).read_text(encoding="utf-8") for name in ("upload_send.js", "upload_view.js"))
HINT = (
    "Up to 5 GB. The file is recognised by what is in it, whatever its name: scikit-learn (pickle, "
    "joblib, skops), ONNX, PyTorch, XGBoost, LightGBM, Keras, safetensors, MLflow as a zip, R (.rds). "
    "An upload that was interrupted goes on where it stopped."
)

_component = st.components.v2.component(
    "groundplan_upload",
    html=(HERE / "upload_view.html").read_text(encoding="utf-8"),
    css=(HERE / "upload_view.css").read_text(encoding="utf-8"),
    js=JS,
)


def upload_view(project_id: str, *, quiet: bool = False) -> None:
    """Take model files for a project; the page is drawn anew when one is stored, cancelled, or needs a fresh ticket.

    `quiet` says that the page's first action is another one.
    """
    data = {
        "project": project_id, "url": upload_route.PATH, "hint": HINT, "quiet": quiet,
        "ticket": upload_tickets.give(project_id, state.tab()),
        "renew_in": upload_tickets.LIFETIME_S / 2,
        "unfinished": [_waiting(one) for one in uploads.unfinished(project_id)],
    }  # fmt: skip
    _component(key=f"upload_{project_id}", data=data, on_done_change=_heard, on_changed_change=_heard)


def _heard() -> None:
    """The page is drawn anew by being told; what has come stands on the disk."""


def _waiting(upload: Upload) -> dict[str, str | int]:
    until = time.strftime("%d %B, %H:%M", time.localtime(upload.expires_at))
    return {
        "id": upload.id, "name": upload.name, "size": upload.size, "offset": upload.offset, "until": until,
        "modified": upload.modified,
    }  # fmt: skip
