"""What a mailing will bring, before it is launched."""
