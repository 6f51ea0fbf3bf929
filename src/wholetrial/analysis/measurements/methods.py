"""The methods for measurements and their changes, each with its paper."""

from wholetrial.analysis.method import Method

_STUDENT = "Student. Biometrika 1908;6:1-25."
_WILCOXON = "Wilcoxon F. Biometrics Bull 1945;1:80-3."

MEASUREMENTS = (
    Method("ancova", "analysis of covariance", "model", "Cochran WG. Biometrics 1957;13:261-81."),
    Method(
        "dose_contrasts",
        "contrasts over doses, optimal for dose-response shapes",
        "test",
        "Bretz F, Pinheiro JC, Branson M. Biometrics 2005;61:738-48.",
    ),
    Method(
        "hodges_lehmann",
        "Hodges-Lehmann estimate with exact limits",
        "interval",
        "Hodges JL, Lehmann EL. Ann Math Stat 1963;34:598-611.",
    ),
    Method(
        "jonckheere_terpstra",
        "Jonckheere-Terpstra test",
        "test",
        "Jonckheere AR. Biometrika 1954;41:133-45.",
    ),
    Method(
        "kruskal_wallis",
        "Kruskal-Wallis test",
        "test",
        "Kruskal WH, Wallis WA. J Am Stat Assoc 1952;47:583-621.",
    ),
    Method(
        "linear_trend",
        "test of a linear trend over doses",
        "test",
        "Abelson RP, Tukey JW. Ann Math Stat 1963;34:1347-69.",
    ),
    Method(
        "ls_means",
        "least-squares means",
        "model",
        "Searle SR, Speed FM, Milliken GA. Am Stat 1980;34:216-21.",
    ),
    Method(
        "kenward_roger",
        "Kenward-Roger adjustment",
        "model",
        "Kenward MG, Roger JH. Biometrics 1997;53:983-97.",
    ),
    Method(
        "kenward_roger_linear",
        "Kenward-Roger adjustment (linear form)",
        "model",
        "Kenward MG, Roger JH. Comput Stat Data Anal 2009;53:2583-95.",
    ),
    Method("paired_t", "paired t test", "test", _STUDENT),
    Method(
        "mmrm",
        "mixed model for repeated measures (REML)",
        "model",
        "Mallinckrodt CH, Clark WS, David SR. J Biopharm Stat 2001;11:9-21.",
    ),
    Method(
        "mmrm_empirical",
        "empirical (sandwich) variance of a mixed model",
        "model",
        "Liang KY, Zeger SL. Biometrika 1986;73:13-22.",
    ),
    Method(
        "mmrm_empirical_bias_reduced",
        "bias-reduced empirical variance of a mixed model",
        "model",
        "Bell RM, McCaffrey DF. Surv Methodol 2002;28:169-81.",
    ),
    Method(
        "mmrm_empirical_jackknife",
        "jackknife variance of a mixed model",
        "model",
        "Mancl LA, DeRouen TA. Biometrics 2001;57:126-34.",
    ),
    Method(
        "quantile", "quantile of a sample", "interval", "Hyndman RJ, Fan Y. Am Stat 1996;50:361-5."
    ),
    Method(
        "robust_variance",
        "heteroscedasticity-consistent variance (HC0 to HC3)",
        "model",
        "MacKinnon JG, White H. J Econometrics 1985;29:305-25.",
    ),
    Method(
        "satterthwaite",
        "Satterthwaite degrees of freedom",
        "model",
        "Fai AHT, Cornelius PL. J Stat Comput Simul 1996;54:363-78.",
    ),
    Method("signed_rank", "exact signed rank test", "test", _WILCOXON),
    Method("signed_rank_corrected", "signed rank test with correction", "test", _WILCOXON),
    Method("student_t", "Student's t interval and test", "interval", _STUDENT),
    Method(
        "van_elteren",
        "van Elteren's stratified rank sum test",
        "test",
        "van Elteren PH. Bull Inst Int Stat 1960;37:351-61.",
    ),
    Method("welch_t", "Welch's t test", "test", "Welch BL. Biometrika 1947;34:28-35."),
    Method("wilcoxon", "Wilcoxon's rank sum test", "test", _WILCOXON),
    Method("wilcoxon_corrected", "Wilcoxon's rank sum test with correction", "test", _WILCOXON),
    Method("wilcoxon_exact", "Wilcoxon's exact rank sum test", "test", _WILCOXON),
)
