"""The card, the places that it goes to, and the answers that come back."""
