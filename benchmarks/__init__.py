"""The registry beside the Go registry it replaces: speed, and when events arrive."""
