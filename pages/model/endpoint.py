"""The page is being built."""

from pages.components import model_page

draft = model_page.begin("endpoint", "endpoint", "This page is being built.")
