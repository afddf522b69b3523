"""Tests mirror the package; a test's name is the rule that it states."""
