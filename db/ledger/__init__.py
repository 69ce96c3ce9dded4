"""The money: tariffs, readings, bills, payments, receipts, deposits, dunning, closings; every act kept, none undone."""
