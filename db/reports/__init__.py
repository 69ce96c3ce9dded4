"""The office's figures, each defined once: home, reports, exports and papers ask here."""
