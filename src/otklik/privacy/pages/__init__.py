"""Pages that leave the program: proofs, acts and copies, printable on A4 without anything else."""
