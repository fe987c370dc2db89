"""Reading, checking, augmenting and streaming images."""
