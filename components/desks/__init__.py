"""The desks beside the cashier's: corrections, deposits, closings, settlements."""
