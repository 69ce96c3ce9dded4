"""The import studio: an office's own workbook, read, understood, judged row by row, taken in and undone (R5)."""
