"""Upkeep: what is done to the whole of the registry, while it runs.

``collection`` removes what nothing refers to any more.
"""
