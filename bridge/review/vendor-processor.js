// Copies the synthesiser's built audio worklet without the reference to its source map, and with one change: when it is
// told to stop, it forgets what was handed ahead too. Else notes of before a seek would sound after it.
import { readFileSync, writeFileSync } from "node:fs";

const STOP = "stopAllChannels(A){";
const text = readFileSync("node_modules/spessasynth_lib/dist/spessasynth_processor.min.js", "utf8");
if (text.split(STOP).length !== 2) throw new Error(`${STOP} is not there once: look how this version stops`);
const changed = text.replace(STOP, `${STOP}this.eventQueue=[];`);
writeFileSync("static/vendor/spessasynth-processor.js", changed.replace(/^\/\/# sourceMappingURL=.*$/m, "").trimEnd() + "\n");
