"""The page is being built."""

from pages.components import model_page

draft = model_page.begin("handler", "handler", "This page is being built.")
