"""Errors of requests to released models."""


class RequestError(ValueError):
    """The request is invalid. The message gives the value received and the value expected."""


class LateError(RequestError):
    """The computation takes longer than a request may take."""


class DecodeError(Exception):
    """The bytes are not a usable image. The message gives the reason in plain words."""


class TooLargeError(DecodeError):
    """The image has more pixels than are allowed."""
