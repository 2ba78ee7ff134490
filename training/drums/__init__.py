"""The drum transcriber's own material: kits, grooves, rendering, training, export."""
