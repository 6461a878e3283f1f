"""What is said when a test in a real Moodle can't run here."""


class NotHereError(Exception):
    """What the run needs is not on this machine."""
