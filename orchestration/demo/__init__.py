"""The demo shop: files of a small invented brand whose truth is known, because it was planted."""
