"""One file per rule: event + condition + state → evaluation."""
