"""The methods for several tests, each with its paper."""

from wholetrial.analysis.method import Method

MULTIPLICITY = (
    Method(
        "benjamini_hochberg",
        "false discovery rate",
        "procedure",
        "Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300.",
    ),
    Method(
        "benjamini_yekutieli",
        "false discovery rate under dependence",
        "procedure",
        "Benjamini Y, Yekutieli D. Ann Stat 2001;29:1165-88.",
    ),
    Method(
        "bonferroni",
        "Bonferroni's correction",
        "procedure",
        "Dunn OJ. J Am Stat Assoc 1961;56:52-64.",
    ),
    Method(
        "dunnett",
        "Dunnett's test of several arms with one control",
        "procedure",
        "Dunnett CW. J Am Stat Assoc 1955;50:1096-121.",
    ),
    Method(
        "dunnett_step_down",
        "Dunnett's test, stepping down",
        "procedure",
        "Dunnett CW, Tamhane AC. Stat Med 1991;10:939-47.",
    ),
    Method(
        "fixed_sequence",
        "tests in a fixed sequence",
        "procedure",
        "Westfall PH, Krishen A. J Stat Plan Inference 2001;99:25-40.",
    ),
    Method(
        "graph",
        "graphical procedure",
        "procedure",
        "Bretz F, Maurer W, Brannath W, Posch M. Stat Med 2009;28:586-604.",
    ),
    Method(
        "hochberg", "Hochberg's procedure", "procedure", "Hochberg Y. Biometrika 1988;75:800-2."
    ),
    Method(
        "hochberg_graph",
        "graphical procedure with Hochberg's tests",
        "procedure",
        "Xi D, Bretz F. Stat Med 2019;38:5268-82.",
    ),
    Method("holm", "Holm's procedure", "procedure", "Holm S. Scand J Stat 1979;6:65-70."),
    Method("hommel", "Hommel's procedure", "procedure", "Hommel G. Biometrika 1988;75:383-6."),
    Method("sidak", "Sidak's correction", "procedure", "Sidak Z. J Am Stat Assoc 1967;62:626-33."),
    Method(
        "simes_graph",
        "graphical procedure with weighted Simes tests",
        "procedure",
        "Lu K. Stat Med 2016;35:4041-55.",
    ),
)
