"""Errors that are meant for the person at the keyboard, not for a traceback."""


class UserError(Exception):
    """Something the user can put right: the command line prints it as it stands and exits.

    ``message`` is one line: what was wrong, where (file, row, column, endpoint) and what to do. It holds
    no secret. ``exit_code`` is what the process ends with; 0 would hide the error and is refused.
    """

    def __init__(self, message: str, *, exit_code: int = 2) -> None:
        if exit_code == 0:
            raise ValueError("a UserError must end the process with a non-zero exit code")
        self.message = " ".join(message.split())
        self.exit_code = exit_code
        super().__init__(self.message)
