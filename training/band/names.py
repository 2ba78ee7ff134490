"""The family of an instrument by its name, as patches of synthesisers are called."""

from __future__ import annotations

import re

WORDS = (
    (
        r"(?<!h)arp|seq|noise|(?<!steel )(?<!steel)(?<!log )drum|perc|tom\b|toms|kick|snare|clap|"
        r"echo|glitch|dual|layer|computer|"
     r"fx|drone|"
        r"alien|batman|bubbl|effect|strange|car$|vento|pioggia|helicop|thunder|storm|siren|alarm|scratch|bird|"
        r"(?<!si)chord|fifth|5th|stack|random|combi|split|gong|timp|horn$.*car|car horn|laugh|frog|thip|"
     r"arctic|rain|ocean|"
        r"\+|&|/|bass.*steel|bell.*organ|organ.*bell|string.*(reed|piano)|wobble|swell",
        "",
    ),
    (r"steel ?dr|steelpan|kalimba|karimba|thumb piano|log drum|a\.mallet", "mallets"),
    (r"bass ?clar|bassoon|basson|fagott|oboe|bagpipe|bag pipe|sax|clarin|flute|recorder|piccolo|pan ?pipe|ocarina|"
     r"shaku|whistl|zufolo|bottle|pinkollo|wood ?wind|\breed(?! org)|\bflt", "winds"),
    (r"\bvox (?=hum|lim)|choir|ahh|aah|voice|vocal|chorus$|aooww|eeoow|chant|soprano|vocode", "voice"),
    (r"organ|\borg\b|organetto|accord|armonica|harmonium|hammond|leslie|farfisa|b3|drawbar|"
     r"\bvox\b|pipes?\b|harmonica|hrmnca|orgn|caliope", "organ"),
    (r"clav|e\.? ?piano|piano|rhod|wurl|pianet|harpsi|cembalo|pianola|\bep\b|pno\b|"
     r"clv|e?grand\d?$|honky|cp ?80|toypiano", "keys"),
    (r"sitar|koto|banjo|shamisen|dulcimer|mandolin|fiddle", "other"),
    (r"guitar|gtr|guit\b|twang|12 ?string|steel string|strat\b|\blute|guitr| gt\b", "guitar"),
    (r"bass|\bbs\b|bas\d?\b|fretles", "bass"),
    (r"pad\b|pad \d|matrix|supersaw|sweep|lead|synth(?!.*(brass|str|horn))|square|saw\b|saw_|hyper|8bit|pulse|"
     r"poly|analog|"
     r"theremin|pwm|sync", "synth"),
    (r"vib(e|es|ra|raphone)\b|vibe|bell|xylo|chime|musicbox|music box|campan|\bding|glass|tubular|tine|"
     r"marimb|celest|glock|glok|crotal", "mallets"),
    (r"string|violin|viola|cello|harp|pizz|orchestra|solo vio|bow", "strings"),
    (r"brass|braz|fanfar|trump|tromb|tuba|horn|brs\b|bugle|cornet|flugel", "brass"),
)  # fmt: skip
"""Words in an instrument's name and its family, the first that fits; none for what is no single instrument."""


def family_of(name: str) -> str | None:
    """The family that an instrument's name tells; nothing if it is none of one family, None if it tells nothing."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
    return next((family for words, family in WORDS if re.search(words, text)), None)
