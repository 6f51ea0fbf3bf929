"""The methods for measurements and their changes, each with its paper."""

from wholetrial.analysis.method import Method

_STUDENT = "Student. Biometrika 1908;6:1-25."

MEASUREMENTS = (
    Method("paired_t", "paired t test", "test", _STUDENT),
    Method("student_t", "Student's t interval", "interval", _STUDENT),
)
