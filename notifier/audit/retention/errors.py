"""What may be wrong with what is asked of retention."""


class RetentionError(Exception):
    """Something that cannot be done. The message says why."""


class RunUnknown(RetentionError):
    """No run has that id."""

    def __init__(self) -> None:
        super().__init__("there is no such run")


class RunFinished(RetentionError):
    """The run has come to its end."""

    def __init__(self) -> None:
        super().__init__("the run is over")


class RunActive(RetentionError):
    """Another run is under way."""

    def __init__(self) -> None:
        super().__init__("a run is under way")


class NothingExpires(RetentionError):
    """By the rules everything is kept for ever."""

    def __init__(self) -> None:
        super().__init__("there is no rule by which anything ever goes")


class ArchiveUnknown(RetentionError):
    """No archive has that id."""

    def __init__(self) -> None:
        super().__init__("there is no such archive")


class ArchiveRestored(RetentionError):
    """The archive's events are in the log."""

    def __init__(self) -> None:
        super().__init__("the archive is restored, or about to be")


class ArchiveNotRestored(RetentionError):
    """The archive's events are not in the log."""

    def __init__(self) -> None:
        super().__init__("the archive is not restored")


class ArchiveDamaged(RetentionError):
    """An archive's file is not as it was written, or is not there."""


class StorageVolatile(RetentionError):
    """What the storage keeps is gone with the process."""

    def __init__(self) -> None:
        super().__init__("what is kept in memory does not last: no archives can be")
