"""Where the pages about a whole project are, for the frame's navigation, the header's link and the links between them."""

PAGES = {"history": "project/history.py", "drift": "project/drift.py", "tear_down": "project/tear_down.py"}
WORDS = {"history": "History", "drift": "Check now", "tear_down": "Tear down"}
FIRST = PAGES["history"]
RUN = "project/run.py"  # one run, by ?run=
TITLES = {file: f"{WORDS[which]} · Groundplan" for which, file in PAGES.items()} | {RUN: "Run · Groundplan"}
