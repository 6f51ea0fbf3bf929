# Times nlme's gls, unstructured by REML, on the data of a file; prints processor seconds of each fit and the
# differences between the arms at each visit as JSON: Rscript mmrm.R data.csv fits
suppressPackageStartupMessages(library(nlme))
asked <- commandArgs(TRUE)
d <- read.csv(asked[1]); d$v <- factor(d$visit)
fit <- function() gls(change ~ 0 + v + v:arm + v:base, d, corSymm(form = ~ visit | id), varIdent(form = ~ 1 | v), method = "REML")
seconds <- vapply(seq_len(as.integer(asked[2])), function(i) sum(system.time(g <<- fit())[c("user.self", "sys.self")]), 0)
differences <- coef(g)[grep(":arm", names(coef(g)))]
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
cat('{"seconds": ', number(seconds), ', "differences": ', number(differences), ', "log_likelihood": ', sprintf("%.17g", as.numeric(logLik(g))), "}\n", sep = "")
