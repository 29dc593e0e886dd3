"""The pages in docs/ that are written by `dvdrental docs`, from contracts, job and notebooks."""

from dvdrental.local.bundle import Bundle
from dvdrental.local.docs import dictionary, erd, lineage


def pages(bundle: Bundle) -> dict[str, str]:
    """Text of each page, by the name of its file."""
    return {"dictionary.md": dictionary.page(), "erd.md": erd.page(), "lineage.md": lineage.page(bundle)}
