"""MusicXML: a lead sheet, or all parts, for notation programs."""
