"""Where the page about the rehearsal is, for the frame's navigation and the header's link."""

SCENARIOS = "rehearsal/scenarios.py"
TITLES = {SCENARIOS: "Rehearsal · Groundplan"}
