"""What completions are worth. Pure: statement → evidence → items → tier → eligibility → alerts, each with its reasons."""
