"""The repository of a project on a page: as a tree, file by file, and as a zip."""

import streamlit as st

from pages.components import markup
from services.graphs.files import tree_text
from services.scaffold import Tree, zip_bytes

PICKED = "picked_file"
LANGUAGES = {
    "py": "python",
    "yml": "yaml",
    "yaml": "yaml",
    "md": "markdown",
    "json": "json",
    "R": "r",
    "sh": "bash",
}


def actions(tree: Tree) -> dict[str, str]:
    """Which files can be shown, by path."""
    return {file.path: "Show the file" for file in tree if file.shipped}


def take(tree: Tree) -> None:
    """The whole repository as a zip, made when it is asked for."""
    st.download_button(
        "Download the repository (zip)", lambda: zip_bytes(tree), f"{tree.name}.zip", "application/zip",
        key="repository_zip", on_click="ignore", type="primary",
    )  # fmt: skip


def draw(tree: Tree, picked: str | None) -> None:
    """The tree with every purpose, and beside it one file's content; `picked` is what was asked for on the graph."""
    if picked:
        st.session_state[PICKED] = picked
    side, content = st.columns([3, 2], gap="large")
    with side:
        st.header("As a tree", anchor=False)
        st.code(tree_text(tree), language=None)
    with content:
        st.header("A file", anchor=False)
        _file(tree)


def _file(tree: Tree) -> None:
    paths = [file.path for file in tree.shipped]
    if st.session_state.get(PICKED) not in paths:
        st.session_state[PICKED] = "README.md"
    file = tree[st.selectbox("File", paths, key=PICKED)]
    markup.note(file.purpose, live=False)
    st.code(_text(file.content()), language=LANGUAGES.get(file.path.rpartition(".")[2]), height=480)


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"{len(content):,} bytes, not text."
