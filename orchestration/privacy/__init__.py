"""Taking a person out of everything a shop holds, keeping them out, and telling what is held of them."""
