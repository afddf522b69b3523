"""Tests of what is done to the whole of the registry."""
