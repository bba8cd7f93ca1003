"""The page is being built."""

from pages.components import model_page

draft = model_page.begin("upload", "upload", "This page is being built.")
