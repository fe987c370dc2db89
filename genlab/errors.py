"""The errors that a person can mend: shown as one message, without a traceback."""


class InputError(Exception):
    """What the user gave can't be used; the message says what was got, what was expected and what to change."""


class DataValidationError(InputError):
    """An image set doesn't meet its expectations."""
