"""Words that Azure refuses in resource names, because they are trademarks or reserved.

https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-reserved-resource-name
"""

from __future__ import annotations

from simulator.errors import gateway

WHOLE = frozenset(
    [
        "ACCESS",
        "APP_CODE",
        "APP_THEMES",
        "APP_DATA",
        "APP_GLOBALRESOURCES",
        "APP_LOCALRESOURCES",
        "APP_WEBREFERENCES",
        "APP_BROWSERS",
        "AZURE",
        "BING",
        "BIZSPARK",
        "BIZTALK",
        "CORTANA",
        "DIRECTX",
        "DOTNET",
        "DYNAMICS",
        "EXCEL",
        "EXCHANGE",
        "FOREFRONT",
        "GROOVE",
        "HOLOLENS",
        "HYPERV",
        "KINECT",
        "LYNC",
        "MSDN",
        "O365",
        "OFFICE",
        "OFFICE365",
        "ONEDRIVE",
        "ONENOTE",
        "OUTLOOK",
        "POWERPOINT",
        "SHAREPOINT",
        "SKYPE",
        "VISIO",
        "VISUALSTUDIO",
        "WEB.CONFIG",
        "XBOX",
    ]
)
PART = ("MICROSOFT", "WINDOWS")
START = ("LOGIN",)


def refuse_reserved(name: str) -> None:
    """Raise 400 ReservedResourceName for a name that is or holds a reserved word."""
    upper = name.upper()
    if upper in WHOLE or any(word in upper for word in PART) or upper.startswith(START):
        message = f"The resource name '{name}' or a part of the name is a trademarked or reserved word."
        raise gateway(400, "ReservedResourceName", message)
