"""What can go wrong, as one tree: a message names the thing and says what to do; no message holds a row's values."""


class DvdRentalError(Exception):
    """Base of every error that this package raises on purpose."""


class SettingsError(DvdRentalError):
    """A parameter is unknown, missing or not of its form."""


class LandingError(DvdRentalError):
    """The landing of a stream is missing, empty or of no known form."""


class ContractError(DvdRentalError):
    """A table is not what its contract says, and cannot be made so without losing what it holds."""


class MassDeleteError(DvdRentalError):
    """A snapshot would delete more of a stream than is plausible."""


class StepError(DvdRentalError):
    """Something else went wrong; told without the text of the error if that may quote values of rows."""


class QualityError(DvdRentalError):
    """Staged rows break a critical rule; nothing was published."""


class ConflictError(DvdRentalError):
    """Another run wrote the same table at the same time."""


class RunFailedError(DvdRentalError):
    """A step of the run failed, or never ran."""


class ReconciliationError(DvdRentalError):
    """Two tables that must agree do not."""
