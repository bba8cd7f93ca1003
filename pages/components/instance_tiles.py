"""Instance types as tiles: cores, memory, price, quota that is left; those that do not fit say why and can't be chosen."""

import streamlit as st

from pages.components import fields, markup, state
from pages.components.state import Draft
from services.config import Production
from services.models.online import sizes
from services.models.online.sizes import Region, Size, Wanted

CHOSEN = "production.instance_type"


def draw(draft: Draft, wanted: Wanted, region: Region | None) -> str:
    """The tiles and the field for any other type; why the chosen one does not fit, "" when it does."""
    known = sizes.offered(region)
    chosen = draft.config[Production].instance_type
    for title, some in (("", [s for s in known if not s.gpus]), ("With a GPU", [s for s in known if s.gpus])):
        if title:
            markup.note(title, live=False)
        with st.container(key="tiles_gpu" if title else "tiles"):
            for size in some:
                _tile(draft, size, wanted, region, size.name.lower() == chosen.lower())
    fields.text(
        draft, CHOSEN, label="Instance type", help="Any type that Azure offers can be written here, too."
    )
    return _verdict(chosen, wanted, region)


def price(size: Size, wanted: Wanted) -> str:
    """Dollars an hour in the region, or that none is known."""
    hour = size.usd_per_hour.get(wanted.region)
    return f"${hour:g} an hour" if hour is not None else f"Price in {wanted.region}: none known"


def _tile(draft: Draft, size: Size, wanted: Wanted, region: Region | None, chosen: bool) -> None:
    why = sizes.unfit(size, wanted, region)
    with st.container(key=f"tile_{'un' * bool(why)}fit_{size.name}", border=True, gap="xxsmall"):
        st.button(
            size.name.removeprefix("Standard_"), key=f"choose:{draft.id}:{size.name}", disabled=bool(why) and not chosen,
            type="primary" if chosen else "secondary", width="stretch", on_click=state.commit,
            args=(draft.id, CHOSEN, size.name), help=why or None,
        )  # fmt: skip
        gpu = f" · {size.gpus} {size.gpu or 'GPU'}" if size.gpus else ""
        cores = f"{size.cores} core{'s' * (size.cores != 1)}"
        markup.note(f"{cores} · {size.memory_gb:g} GB{gpu}", live=False)
        markup.note(price(size, wanted), live=False)
        left = sizes.left(size, wanted, region)
        said = (
            "Quota: not known"
            if left is None
            else f"Quota: {size.needs(wanted.instances)} of {left} free cores"
        )
        markup.note(why or said, "care" if why else "muted", live=False)


def _verdict(chosen: str, wanted: Wanted, region: Region | None) -> str:
    """What is known of the chosen type, also of one that no tile shows."""
    size = sizes.named(chosen, region)
    if size is None and region and region.sizes:
        why = f"{chosen} is not offered in {wanted.region}."
    elif size is None:
        markup.note(f"Nothing is known of {chosen} here; Azure judges it.", "muted")
        return ""
    else:
        why = sizes.unfit(size, wanted, region)
    if why:
        markup.note(f"{chosen} does not fit: {why}", "bad")
    elif region is not None:
        fits = f"{chosen}: {wanted.instances} instance{'s' * (wanted.instances != 1)} fit."
        markup.note(fits, "good")
    return why
