"""The office's business: tables, rules, rights and numbers. Knows nothing of the screen."""
