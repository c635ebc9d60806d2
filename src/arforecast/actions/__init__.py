"""Actions: which customers to look at, and what to do about them."""
