"""The methods for measurements and their changes, each with its paper."""

from wholetrial.analysis.method import Method

_STUDENT = "Student. Biometrika 1908;6:1-25."

MEASUREMENTS = (
    Method("ancova", "analysis of covariance", "model", "Cochran WG. Biometrics 1957;13:261-81."),
    Method(
        "ls_means",
        "least-squares means",
        "model",
        "Searle SR, Speed FM, Milliken GA. Am Stat 1980;34:216-21.",
    ),
    Method("paired_t", "paired t test", "test", _STUDENT),
    Method(
        "quantile", "quantile of a sample", "interval", "Hyndman RJ, Fan Y. Am Stat 1996;50:361-5."
    ),
    Method(
        "robust_variance",
        "heteroscedasticity-consistent variance (HC0 to HC3)",
        "model",
        "MacKinnon JG, White H. J Econometrics 1985;29:305-25.",
    ),
    Method("student_t", "Student's t interval", "interval", _STUDENT),
    Method("welch_t", "Welch's t test", "test", "Welch BL. Biometrika 1947;34:28-35."),
)
