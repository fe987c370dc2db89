"""What can be wrong with a request."""


class RequestError(ValueError):
    """A request can't be answered; the message gives the value received and the value expected."""


class DecodeError(Exception):
    """The bytes are no image that can be used; the message says why, in words for the user."""
