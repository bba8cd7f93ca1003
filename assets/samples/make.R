# Fits the linear model of the samples; make.py calls it: Rscript make.R ROWS.csv ASKED.csv MODEL.rds
# It prints what the model says to the rows of ASKED.csv, as JSON.
paths <- commandArgs(trailingOnly = TRUE)
plans <- c("basic", "standard", "premium")
rows <- read.csv(paths[1])
rows$plan <- factor(rows$plan, levels = plans)
rows$paid <- rows$tenure_months * rows$monthly_charge

model <- lm(paid ~ age + tenure_months + monthly_charge + support_calls + plan, data = rows)
saveRDS(model, paths[3], version = 3)

asked <- read.csv(paths[2])
asked$plan <- factor(asked$plan, levels = plans)
cat("[", paste(format(unname(predict(model, asked)), digits = 15), collapse = ", "), "]\n")
