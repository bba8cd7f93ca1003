"""Where the pages about a project's model are, for the frame's navigation, the header's link and the links between them."""

PAGES = {
    "upload": "model/upload.py", "handler": "model/handler.py", "test": "model/test.py", "deploy": "model/deploy.py",
    "endpoint": "model/endpoint.py",
}  # fmt: skip
WORDS = {
    "upload": "Model file", "handler": "API handler", "test": "Test on this machine", "deploy": "Deploy",
    "endpoint": "Endpoint",
}  # fmt: skip
FIRST = PAGES["upload"]
TITLES = {file: f"{WORDS[which]} · Groundplan" for which, file in PAGES.items()}
