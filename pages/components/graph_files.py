"""The repository of a project on a page: as a tree, file by file, and as a zip."""

import streamlit as st

from pages.components import markup
from services.graphs.files import tree_text
from services.scaffold import Tree, zip_bytes

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


def left_out(why: str) -> None:
    """Say why the model that was brought is no part of the repository."""
    if why:
        markup.note(f"{why} The API below is the one that goes with training.", "care", live=False)


def show(tree: Tree, path: str | None) -> None:
    """Open a file that was asked for on the graph."""
    if path:
        st.dialog(path, width="large")(lambda: _content(tree, path))()


def draw(tree: Tree) -> None:
    """The tree with every purpose, and below it the content of one file."""
    st.header("As a tree", anchor=False)
    st.code(tree_text(tree), language=None)
    paths = [file.path for file in tree.shipped]
    start = paths.index("README.md") if "README.md" in paths else 0
    _content(tree, st.selectbox("File", paths, index=start, key="picked_file"))


def _content(tree: Tree, path: str) -> None:
    file = tree[path]
    markup.note(file.purpose, live=False)
    st.code(_text(file.content()), language=LANGUAGES.get(path.rpartition(".")[2]), height=480)


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"{len(content):,} bytes, not text."
