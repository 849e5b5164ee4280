"""One algorithm per file; `training.algorithm` lists them."""
