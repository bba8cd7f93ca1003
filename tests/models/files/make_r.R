# Writes the R fixtures, and R's own families for the hashes in services/models/inspection/r_functions.txt:
#   Rscript make_r.R FOLDER && python make_r_functions.py FOLDER/families
folder <- commandArgs(TRUE)[1]
dir.create(file.path(folder, "families"), recursive = TRUE, showWarnings = FALSE)
keep <- function(x, name, ...) saveRDS(x, file.path(folder, name), ...)

keep(lm(mpg ~ wt + hp, data = mtcars[1:12, ]), "lm.rds")
keep(lm(Sepal.Width ~ Species + log(Petal.Length), data = iris[c(1:4, 51:54, 101:104), ]), "lm_xz.rds", compress = "xz")
flowers <- transform(iris[seq(1, 150, 8), ], wide = Sepal.Width > 3)
keep(glm(wide ~ Sepal.Length + Species, data = flowers, family = binomial), "glm.rds")
keep(kmeans(iris[seq(1, 150, 10), 1:4], 3), "kmeans.rds", compress = "bzip2")

family_of <- function(make, links) lapply(links, function(l) eval(substitute(make(link = L), list(make = make, L = l))))
families <- c(
  family_of(binomial, c("logit", "probit", "cauchit", "log", "cloglog")),
  family_of(quasibinomial, c("logit", "probit", "cauchit", "log", "cloglog")),
  family_of(gaussian, c("identity", "log", "inverse")),
  family_of(poisson, c("log", "identity", "sqrt")), family_of(quasipoisson, c("log", "identity", "sqrt")),
  family_of(Gamma, c("inverse", "identity", "log")), family_of(inverse.gaussian, c("1/mu^2", "inverse", "identity", "log")),
  list(quasi(), quasi(link = "log", variance = "mu"), quasi(variance = "mu(1-mu)"), quasi(variance = "mu^2"))
)
for (i in seq_along(families)) keep(families[[i]], file.path("families", sprintf("family_%02d.rds", i)))
keep(nls(mpg ~ a + b * wt, mtcars, start = list(a = 30, b = -3)), "families/nls.rds")
keep(glm(wide ~ Sepal.Length, data = flowers, family = "binomial"), "families/glm.rds")

# Objects that run a program when they are read or used.
keep(function(x) system("id"), "hostile_fun.rds")
delayedAssign("waiting", system("id"))
place <- new.env()
delayedAssign("x", system("id"), assign.env = place)
keep(place, "hostile_promise_env.rds")
m <- lm(mpg ~ wt, mtcars)
attr(m$terms, "predvars") <- quote(list(system("id"), wt))
keep(m, "hostile_evil_predvars.rds")
m <- lm(mpg ~ wt, mtcars)
m$terms[[3]] <- quote(system("id"))
keep(m, "hostile_evil_terms.rds")
m <- glm(am ~ wt, binomial, mtcars)
m$family$linkinv <- function(eta) { system("id"); eta }
keep(m, "hostile_evil_glm.rds")
within_a_function <- function() { m <- lm(mpg ~ wt, mtcars); log <- function(x) base::system("id"); m }
keep(within_a_function(), "hostile_evil_env.rds")
m <- lm(Sepal.Width ~ Species, iris)
m$contrasts <- list(Species = "system")
m$xlevels <- list(Species = c("id", "b"))
keep(m, "hostile_evil_contrasts.rds")
