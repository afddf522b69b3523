"""Presets: what an endpoint needs for some receiver, from what a person knows of it.

A preset only fills fields in. The endpoint that comes of it is like any other.
"""

from notifier.delivery.presets.catalogue import PRESETS, fill_in_preset
from notifier.delivery.presets.preset import Option, Preset

__all__ = ["PRESETS", "Option", "Preset", "fill_in_preset"]
