"""Standing comparisons of captured windows with the baseline of a package: what changed, how surely."""
