"""How fast the office's work goes, as ratios to floors measured in the same run."""
