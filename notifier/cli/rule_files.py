"""Files of retention rules: YAML, which JSON is, too."""

from typing import IO, Any

import yaml
from marshmallow import ValidationError

from notifier.audit.retention.rules import Rules
from notifier.config import ConfigError
from notifier.web.api.schemas.retention import RulesSchema


def read_rules(file: IO[str]) -> Rules:
    """Read rules; raise `ConfigError`."""
    try:
        rules: Rules = RulesSchema().load({"rules": yaml.safe_load(file)})["rules"]
    except yaml.YAMLError as error:
        raise ConfigError(f"{file.name}: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"{file.name}: {_first(error.messages, ())}") from None
    return rules


def _first(messages: Any, path: tuple[str, ...]) -> str:
    """Say the first of marshmallow's *messages*, and where it belongs."""
    if isinstance(messages, dict):
        key, inner = next(iter(messages.items()))
        return _first(inner, (*path, str(key)))
    return f"{'.'.join(path)}: {messages[0]}"
