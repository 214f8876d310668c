"""A home for trained models on your own machine."""
