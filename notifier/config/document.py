"""A YAML document whose every value knows where it stands.

PyYAML composes its nodes and constructs nothing: a tag makes no object, an alias is the
very node that it names, and numbers stay as they were written.
"""

from pathlib import Path
from typing import Self

import yaml

from notifier.config.errors import ConfigError

_MAX_BYTES = 256 * 1024
# Aliases may lead to one node again and again; this many steps are plenty.
_MAX_ENTRIES = 50_000

_STANDARD = "tag:yaml.org,2002:"
_NULL = f"{_STANDARD}null"
_TEXTS = {f"{_STANDARD}{kind}" for kind in ("bool", "float", "int", "str", "timestamp")}


class Entry:
    """A value of a document, under a key such as ``notifications.endpoints[0].url``.

    It stands where its key does, though what it holds may follow below.
    """

    def __init__(
        self, document: "_Document", node: yaml.Node, key: str, line: int
    ) -> None:
        document.count()
        self.key = key
        self.line = line
        self._document = document
        self._node = node

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read a file's document, None if it is empty; raise `ConfigError`."""
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None
        return cls.parse(content, str(path))

    @classmethod
    def parse(cls, content: bytes, source: str, key: str = "") -> Self | None:
        """Read a document that stands under *key*; raise `ConfigError`.

        Errors say that *source* is where it is from.
        """
        if len(content) > _MAX_BYTES:
            raise ConfigError(f"{source}: has more than {_MAX_BYTES} bytes: shorten it")
        node = _compose(content, source)
        if node is None or node.tag == _NULL:
            return None
        return cls(_Document(source), node, key, _line(node))

    @property
    def place(self) -> str:
        """The source and the line."""
        return f"{self._document.source}:{self.line}"

    def error(self, reason: str) -> ConfigError:
        """Say what is wrong with this value, and where it stands."""
        return ConfigError(": ".join(filter(None, (self.place, self.key, reason))))

    def mapping(self, *known: str) -> dict[str, "Entry"]:
        """Return the values by key; one that is empty counts as absent.

        Raises `ConfigError` for a key that is not *known*, if any are named.
        """
        if not isinstance(self._node, yaml.MappingNode):
            raise self.error("must be a mapping: `key: value`, a line for each")
        entries = self._entries(self._node)
        for name, entry in entries.items():
            if known and name not in known:
                raise entry.error(f"is not known here: say {', '.join(known)}")
        return {name: e for name, e in entries.items() if not e.is_empty()}

    def sequence(self) -> list["Entry"]:
        """Return the items of a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.error("must be a list: `[…]`, or `- …` in a line for each")
        return [
            Entry(self._document, node, f"{self.key}[{number}]", _line(node))
            for number, node in enumerate(self._node.value)
        ]

    def text(self) -> str:
        """Return a single value, as it was written."""
        if not isinstance(self._node, yaml.ScalarNode) or self._node.tag not in _TEXTS:
            raise self.error("must be one plain value")
        return str(self._node.value)

    def is_empty(self) -> bool:
        """Tell whether nothing stands there."""
        return self._node.tag == _NULL

    def _entries(self, mapping: yaml.MappingNode) -> dict[str, "Entry"]:
        entries: dict[str, Entry] = {}
        for key, value in mapping.value:
            name = self._name(key)
            path = f"{self.key}.{name}" if self.key else name
            entry = Entry(self._document, value, path, _line(key))
            if name in entries:
                first = entries[name].line
                raise entry.error(f"stands in line {first} already: keep one of them")
            entries[name] = entry
        return entries

    def _name(self, key: yaml.Node) -> str:
        entry = Entry(self._document, key, self.key, _line(key))
        if key.tag == f"{_STANDARD}merge":
            raise entry.error("`<<` is not read: write out what it would merge")
        return entry.text()


class _Document:
    """Where entries are from, and how many have been looked at."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._count = 0

    def count(self) -> None:
        self._count += 1
        if self._count > _MAX_ENTRIES:
            raise ConfigError(
                f"{self.source}: comes to more than {_MAX_ENTRIES} values: shorten it"
            )


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _compose(content: bytes, source: str) -> yaml.Node | None:
    try:
        text = content.decode("utf-8-sig")
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{source}:{line}: is not UTF-8: save it so") from None
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(source, error) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{source}:{line}: holds a control character") from None
    except RecursionError:
        raise ConfigError(f"{source}: is nested too deep: flatten it") from None
    return node


def _not_yaml(source: str, error: yaml.MarkedYAMLError) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    line = f":{mark.line + 1}" if mark else ""
    problem = ", ".join(filter(None, (error.context, error.problem)))
    return ConfigError(f"{source}{line}: is not YAML: {problem}: mend it")
