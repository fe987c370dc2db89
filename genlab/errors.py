"""The errors that a person can mend: shown as one message, without a traceback."""


class InputError(Exception):
    """What the user gave can't be used; the message says what was got, what was expected and what to change."""


class DataValidationError(InputError):
    """An image set doesn't meet its expectations."""


def root_cause(error: BaseException) -> BaseException:
    """The error that others were raised from: Kedro wraps what happens inside a dataset."""
    while error.__cause__ is not None and not isinstance(error, InputError):
        error = error.__cause__
    return error
