"""The demo song that ships with dawscribe: composed here, rendered here, so nobody's rights are touched."""
