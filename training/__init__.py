"""How the networks that dawscribe ships and its demo song were made; never imported by bridge/."""
