"""What the workbench offers: products, populations, medicines, treatments, settings, and the ranges of its controls."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, get_args

from ketum.app.limits import limits
from ketum.evidence import load_medicines
from ketum.evidence.safety import legal_places
from ketum.mood import causal_settings, treatments
from ketum.products import products
from ketum.regimens.phases import WEEKDAYS
from ketum.reports.phrases import capital
from ketum.reports.regimen import population
from ketum.reports.settings import MEANINGS
from ketum.results.uncertain import SHARE_PEOPLE
from ketum.results.variance import Variance
from ketum.scenario.model import Population
from ketum.scenario.uncertainty import DEFAULT_SHARES

_KRATOM = ("kratom", "7oh")


@cache
def controls() -> dict[str, Any]:
    """Return ranges and words of the controls, and the scenario with which the workbench begins."""
    text = resources.files("ketum.app").joinpath("controls.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def choices() -> dict[str, Any]:
    """Return all that can be chosen, as JSON holds it.

    Examples
    --------
    >>> [product["name"] for product in choices()["products"]][:2]
    ['leaf_tea', 'leaf_powder']
    """
    held = controls()
    most = limits()
    return {
        "products": [
            {
                "name": product.name,
                "label": product.label,
                "doses": [{"unit": basis, **held["dose"][basis]} for basis in product.bases],
            }
            for product in products().values()
        ],
        "populations": [{"name": name, "label": capital(population(name))} for name in get_args(Population)],
        "settings": [{"name": name, "label": MEANINGS[name]} for name in causal_settings()],
        "channels": held["channels"],
        "treatments": [{"name": one.name, "label": one.label} for one in treatments().values()],
        "medicines": sorted({*load_medicines(), *(p.name for p in products().values() if p.kind not in _KRATOM)}),
        "places": list(legal_places()),
        "context": held["context"],
        "days": list(WEEKDAYS),
        "range": held["range"],
        "start": held["start"],
        "limits": {
            "people": most.most_people,
            "bytes": most.most_bytes,
            "quick": most.quick_person_years,
            "most": most.most_person_years,
            "shares": DEFAULT_SHARES,
            "sets_of_shares": Variance.most_sets(),
            "people_of_shares": SHARE_PEOPLE,
        },
    }
