"""The look of every graph as data: colours of both themes, line styles of states, and which colour an icon takes.

Contrast is tested: text at least 4.5 and lines at least 3 against what they stand on (WCAG AA).
"""

from dataclasses import dataclass
from typing import Literal

from services.progress import StepState

ThemeName = Literal["light", "dark"]
Tone = Literal["text", "muted", "line", "good", "care", "bad", "running"]
FONT = "Arial"  # its measures are known to the layout; pages may show their own, narrower font
FONTS = "Arial, Helvetica, 'Liberation Sans', 'Noto Sans', sans-serif"


@dataclass(frozen=True)
class Paint:
    """Fill and stroke of a layer."""

    fill: str
    stroke: str


@dataclass(frozen=True)
class Theme:
    """Every colour of a graph on one kind of background."""

    name: ThemeName
    background: str
    panel: str
    tones: dict[Tone, str]
    layers: dict[str, Paint]

    def icon_colour(self, icon: str) -> str:
        """The colour of an icon's lines: its layer's stroke, or the tone of the state that it is the sign of."""
        if icon in SIGN_TONES:
            return self.tones[SIGN_TONES[icon]]
        return self.layers[ICON_LAYERS.get(icon, "scope")].stroke

    def colours(self) -> tuple[str, ...]:
        """Every colour in a fixed order, the same for each theme."""
        paints = [colour for paint in self.layers.values() for colour in (paint.fill, paint.stroke)]
        return (self.background, self.panel, *self.tones.values(), *paints)


LIGHT = Theme(
    "light", "#ffffff", "#f4f6f9",
    {
        "text": "#1a2330", "muted": "#4d5b6c", "line": "#74859a", "good": "#176b3a", "care": "#7d5100", "bad": "#b3261e",
        "running": "#0b5fb0",
    },
    {
        "scope": Paint("#fbfcfd", "#66778c"), "data": Paint("#ddf1e4", "#2f7d4f"), "learning": Paint("#fbebcb", "#9a6a00"),
        "production": Paint("#dcebfa", "#1f66b0"), "devops": Paint("#e9e6f5", "#6550a8"),
        "security": Paint("#f7e0e6", "#a63d57"),
    },
)  # fmt: skip
DARK = Theme(
    "dark", "#10161f", "#1a2330",
    {
        "text": "#e7ecf3", "muted": "#b0bcca", "line": "#7b8b9f", "good": "#5cc98a", "care": "#e0a93b", "bad": "#ff8a80",
        "running": "#7db8f5",
    },
    {
        "scope": Paint("#161e29", "#8796a8"), "data": Paint("#1d3b2a", "#66c08a"), "learning": Paint("#43351a", "#e0b04a"),
        "production": Paint("#1b3552", "#7db8f6"), "devops": Paint("#322c4a", "#b3a1f0"),
        "security": Paint("#4a2530", "#f08fa8"),
    },
)  # fmt: skip
THEMES: dict[ThemeName, Theme] = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True)
class StateStyle:
    """How a state looks: its sign (an icon), its tone, and the line round the node. `strike` strikes the name through."""

    sign: str
    tone: Tone
    line: Literal["solid", "dashed", "dotted"] = "solid"
    width: float = 1.3
    own_line: bool = False
    strike: bool = False


# Never colour alone: sign, word (the state itself) and line differ too.
STATES: dict[StepState, StateStyle] = {
    "Planned": StateStyle("status-planned", "muted", "dashed", 1.0),
    "Waiting": StateStyle("status-waiting", "muted", "dashed", 1.0),
    "Creating": StateStyle("status-creating", "running", width=3.0, own_line=True),
    "Updating": StateStyle("status-creating", "running", width=3.0, own_line=True),
    "Succeeded": StateStyle("status-succeeded", "good"),
    "Existing": StateStyle("status-existing", "muted"),
    "Failed": StateStyle("status-failed", "bad", width=3.0, own_line=True),
    "Canceled": StateStyle("status-canceled", "care", "dotted", 1.6, own_line=True),
    "Deleting": StateStyle("status-deleting", "care", width=3.0, own_line=True, strike=True),
    "Deleted": StateStyle("status-deleting", "muted", "dotted", 1.0, strike=True),
    "Skipped": StateStyle("status-canceled", "muted", "dotted", 1.0),
}
PROBLEM = StateStyle("status-problem", "bad", "dashed", 2.0, own_line=True)
DRIFTED = StateStyle("status-drifted", "care", "dotted", 2.4, own_line=True)
PLAIN = StateStyle("", "muted")
LOCKED, OPEN = StateStyle("lock-closed", "muted", "dashed", 1.4), StateStyle("lock-open", "good", width=2.4)
SIGN_TONES: dict[str, Tone] = {
    style.sign: style.tone for style in (*reversed(STATES.values()), PROBLEM, DRIFTED, LOCKED, OPEN)
}
ICON_LAYERS = {
    "storage-account": "data", "sql-server": "data", "sql-database": "data", "workspace": "learning",
    "container-registry": "learning", "application-insights": "production", "log-analytics": "production",
    "online-endpoint": "production", "online-deployment": "production", "key-vault": "security",
    "role-assignment": "security", "file-csv": "data", "file-xlsx": "data", "file-json": "data", "script": "learning",
    "model": "learning", "code": "learning", "terminal": "production", "request": "production",
    "answer": "production", "devops": "devops", "document": "scope", "folder": "scope",
}  # fmt: skip


def dark_rules(scope: str = "") -> str:
    """CSS that repaints a light SVG on a dark page, so that a change of theme needs no new drawing."""
    pairs = dict(zip(LIGHT.colours(), DARK.colours(), strict=True))
    return "\n".join(
        f'{scope} [{paint}="{light}"] {{ {paint}: {dark}; }}'
        for light, dark in pairs.items()
        for paint in ("fill", "stroke")
    )
