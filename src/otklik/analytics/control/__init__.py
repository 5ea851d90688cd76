"""What all mailings together change: people of the global control group against the rest."""
