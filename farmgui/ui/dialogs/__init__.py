"""The dialogs: submission, questions, settings, and what is said when the program itself fails."""
