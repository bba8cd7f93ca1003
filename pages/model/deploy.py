"""The page is being built."""

from pages.components import model_page

draft = model_page.begin("deploy", "deploy", "This page is being built.")
