"""Causal settings: what kratom is taken to do to depression in the long run (mood.md section 7).

The settings are hypotheses, not estimates; results are reported for all that were asked for, and none is the finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ketum.evidence import load_parameters

CHANNELS = ("relief_momentary", "relief_severity", "withdrawal", "protracted", "longrun")
"""Ways in which use acts on mood, each of which can be switched."""
_SWITCHES = dict(zip(CHANNELS, ("c1m", "c1s", "c2", "c3"), strict=False))


@dataclass(frozen=True, slots=True)
class CausalSetting:
    """Switches and long-run effects.

    Attributes
    ----------
    name : str
        `null`, `pharmacology`, `harm`, `benefit` or `mixed`; with what was switched off behind it.
    c1m, c1s, c2, c3 : float
        Momentary relief, relief that reaches severity, withdrawal, protracted state; 0 or 1.
    beta_S, beta_S_sd : float
        Direct effect on severity at the reference dose: mean and SD between persons, PHQ-9 points.
    beta_L, beta_L_sd : float
        Log hazard ratio of onset at the reference dose: mean and SD.
    selection : bool
        Whether severity acts on starting, stopping and resuming.
    """

    name: str
    c1m: float
    c1s: float
    c2: float
    c3: float
    beta_S: float
    beta_S_sd: float
    beta_L: float
    beta_L_sd: float
    selection: bool = True

    def switched(self, channels: Mapping[str, bool]) -> CausalSetting:
        """Return this setting with channels switched on or off; `longrun` can only be switched off."""
        changed: dict[str, float] = {}
        for channel, on in channels.items():
            if channel in _SWITCHES:
                changed[_SWITCHES[channel]] = float(on)
            elif not on:
                changed |= dict.fromkeys(("beta_S", "beta_S_sd", "beta_L", "beta_L_sd"), 0.0)
        return replace(self, **changed)  # type: ignore[arg-type]

    def acts(self, channel: str) -> bool:
        """Return whether a channel does anything in this setting."""
        if channel in _SWITCHES:
            return bool(getattr(self, _SWITCHES[channel]))
        return any((self.beta_S, self.beta_S_sd, self.beta_L, self.beta_L_sd))


@cache
def causal_settings() -> dict[str, CausalSetting]:
    """Return all settings by name.

    Examples
    --------
    >>> causal_settings()["harm"].beta_S
    1.0
    >>> causal_settings()["null"].acts("withdrawal")
    False
    """
    found: dict[str, dict[str, Any]] = {}
    for symbol, parameter in load_parameters("settings").items():
        name, _, field = symbol.partition(".")
        found.setdefault(name, {})[field] = parameter.value
    return {name: CausalSetting(name, **values) for name, values in found.items()}
