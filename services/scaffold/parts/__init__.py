"""The repository's folders: one module each, which says what files it holds."""
