"""Why the program does not start."""


class ConfigError(Exception):
    """A setting cannot be read. The message names it and says what would do."""
