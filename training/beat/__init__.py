"""The beat network: songs whose beats are known, simulated hearing, training, evaluation."""
