"""The weekly overview of movements: what is gathered, what it comes to, and how it is said."""
