"""The cashier's desk 前台收费: who pays, what he owes, the money, the receipt."""
