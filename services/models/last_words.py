"""Says in plain words why a handler ended, from what it printed last."""

import re

_ERROR = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Interrupt|Exit|Warning|[A-Z]\w+))(?:: (.*))?$")
_PLAIN = {
    "ModuleNotFoundError": "The handler needs a package that its environment does not have ({text}). "
    "Add it to conda.yaml on the page API handler.",
    "RPackageMissing": "The handler needs the R package {text}, which this machine does not have. Install it in R, and "
    "name it in the Dockerfile on the page API handler.",
    "SyntaxError": "The handler has a syntax error ({text}). Mend it on the page API handler.",
    "IndentationError": "The handler has a wrong indentation ({text}). Mend it on the page API handler.",
    "MemoryError": "Loading the model takes more memory than the {memory} MB that it may have.",
    "FileNotFoundError": "The handler looks for a file that is not there ({text}).",
    "PermissionError": "The handler tried what the sandbox forbids ({text}).",
}


def explain_end(text: str, exit_code: int | None, memory_mb: int) -> str:
    """Why a server ended before or while it served."""
    name, said = _last(text)
    if name in _PLAIN:
        return _PLAIN[name].format(text=said or name, memory=memory_mb)
    if "cannot allocate memory" in text.lower() or "bad_alloc" in text:
        return _PLAIN["MemoryError"].format(memory=memory_mb)
    if name:
        return f"The handler ended with {name}{f': {said}' if said else ''}. The log is below."
    if exit_code is not None and exit_code < 0:
        return f"The handler was ended by signal {-exit_code}. The log is below."
    return f"The handler ended by itself (exit code {exit_code}). The log is below."


def last_error(text: str) -> str:
    """The traceback that stands last in a log, "" where there is none."""
    begin = text.rfind("Traceback (most recent call last)")
    return text[begin:][:4000] if begin >= 0 else ""


def _last(text: str) -> tuple[str, str]:
    """Name and message of the error of the first traceback of the last start: later ones only say that it failed."""
    lines = text[text.find("Traceback (most recent call last)") :].splitlines() if "Traceback" in text else []
    for line in lines[1:]:
        found = _ERROR.match(line.strip()) if line[:1].strip() else None
        if found and (found[2] or found[1].endswith(("Error", "Exception", "Exit"))):
            return found[1], (found[2] or "")[:300]
    return _of_r(text)


def _of_r(text: str) -> tuple[str, str]:
    """R prints "Error in call :" and the message in the next line."""
    if missing := re.search(r"there is no package called .([\w.]+)", text):
        return "RPackageMissing", missing[1]
    if wrong := re.search(r"^\s*(\S+:\d+:\d+: unexpected .*)$", text, re.MULTILINE):
        return "SyntaxError", wrong[1]
    found = re.search(r"^Error\b[^\n]*?:\s*\n?\s*([^\n]+)", text, re.MULTILINE)
    return ("an error", found[1][:300]) if found else ("", "")
