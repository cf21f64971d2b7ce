"""What kratom is taken to do to depression: causal settings, selection, channels."""

from __future__ import annotations

from dataclasses import replace

from ketum.mood import CHANNELS, CausalSetting, causal_settings
from ketum.scenario.model import Setting
from ketum.scenario.schema import SettingTable
from ketum.scenario.wording import KeyPath, MistakeError, refusal, shown, unknown


def resolve_setting(table: SettingTable) -> Setting:
    """Return the causal settings, whether selection acts, and switched channels.

    Raises
    ------
    MistakeError
        If a setting or a channel is not known, or one stands twice.
    """
    path: KeyPath = ("setting", "causal")
    written = table.causal
    names = [written] if isinstance(written, str) else written
    if not isinstance(names, list) or not names:
        allowed = f"one of {', '.join(causal_settings())}, or a list of them"
        raise MistakeError(path, refusal(written, "a causal setting", allowed))
    for number, name in enumerate(names):
        here: KeyPath = path if isinstance(written, str) else (*path, number)
        if not isinstance(name, str) or name not in causal_settings():
            raise MistakeError(here, unknown(name, "a causal setting", causal_settings()))
        if name in names[:number]:
            raise MistakeError(here, f"{shown(name)} stands twice; allowed: each setting once")
    channels: dict[str, bool] = {}
    for channel, on in table.channels.items():
        here = ("setting", "channels", channel)
        if channel not in CHANNELS:
            raise MistakeError(here, unknown(channel, "a channel", CHANNELS))
        if not isinstance(on, bool):
            raise MistakeError(here, refusal(on, "a switch", "true or false"))
        channels[channel] = on
    if channels.get("longrun") and not any(causal_settings()[name].acts("longrun") for name in names):
        having = ", ".join(name for name, setting in causal_settings().items() if setting.acts("longrun"))
        raise MistakeError(
            ("setting", "channels", "longrun"),
            f"true, but {' and '.join(names)} {'has' if len(names) == 1 else 'have'} no direct long-run effect; "
            f"allowed: with setting.causal one of {having}",
        )
    return Setting(causal=tuple(names), selection=table.selection, channels=channels)


def settings_of(setting: Setting) -> tuple[CausalSetting, ...]:
    """Return the causal settings that a scenario runs."""
    return tuple(
        replace(causal_settings()[name].switched(setting.channels), selection=setting.selection)
        for name in setting.causal
    )
