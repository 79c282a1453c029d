"""What the commands of this folder share: subjects, rounds in turns, figures with goals, and reports."""
