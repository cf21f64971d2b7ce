"""What can go wrong at the door, said once and clearly.

Every error that a user can cause derives from `KetumError`. Its text is the whole message: file, key, value
and what is allowed. The command prints it and ends with exit code 2.
"""


class KetumError(Exception):
    """A mistake in what was given to ketum; the text is meant for the person who gave it."""


class EvidenceError(KetumError):
    """A row of a shipped table cannot be used: names the file, the row and the column."""


class ScenarioError(KetumError):
    """A scenario, an event table or a setting of the command cannot be used.

    Attributes
    ----------
    key : tuple of str or int
        The key at fault, as it leads through the tables of the file; empty where none is known.
    """

    def __init__(self, message: str = "", key: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.key = key


class InterruptedRunError(KetumError):
    """A run was interrupted; says whether it can go on."""


class RunFolderError(KetumError):
    """A run folder cannot be written or read."""
