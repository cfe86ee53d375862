"""What is done about reviews and surveys. One topic per file."""
