"""The office's own papers 单据: what each is made of, its wording, which were issued, unchanged since."""
