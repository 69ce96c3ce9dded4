"""What the dossiers 入住、装修、迁出 stand on: inspections, cards, passes, site checks, plates, tenancies."""
