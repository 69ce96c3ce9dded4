"""Income and expenditure made public 收支公示: figures, common income, maintenance fund, publications (F8)."""
