"""Errors that the user can correct; they are shown as one message, without a traceback."""


class InputError(Exception):
    """Input from the user is invalid. The message states the value received, the value expected and what to change."""


class DataValidationError(InputError):
    """An image set does not meet its expectations."""


def root_cause(error: BaseException) -> BaseException:
    """Follow the causes of an exception to the first InputError or the last cause. Kedro wraps exceptions raised in datasets."""
    while error.__cause__ is not None and not isinstance(error, InputError):
        error = error.__cause__
    return error
