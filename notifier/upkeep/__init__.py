"""Upkeep: what is done to the whole of the registry, while it runs.

``collection`` removes what nothing refers to any more; ``inspection`` reads everything
and says what is not as it should be.
"""
