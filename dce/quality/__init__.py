"""How attentively people answered: signals by respondent, which exclude nobody."""
