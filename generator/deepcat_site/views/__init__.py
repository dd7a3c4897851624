"""What each page shows, as plain values made from the catalog. No HTML here, no I/O."""
