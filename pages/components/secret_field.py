"""A secret on a page: masked, with Show and Copy. A text field of Streamlit would keep its value in the session."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
HTML, CSS, JS = (
    (HERE / f"secret_field.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
)

_component = st.components.v2.component("groundplan_secret", html=HTML, css=CSS, js=JS)


def draw(label: str, secret: str) -> None:
    """Show a secret until the page is drawn the next time; nothing keeps it here."""
    _component(data={"label": label, "secret": secret})
