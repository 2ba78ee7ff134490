// Copies the synthesiser's built audio worklet without the reference to its source map.
import { readFileSync, writeFileSync } from "node:fs";

const text = readFileSync("node_modules/spessasynth_lib/dist/spessasynth_processor.min.js", "utf8");
writeFileSync("static/vendor/spessasynth-processor.js", text.replace(/^\/\/# sourceMappingURL=.*$/m, "").trimEnd() + "\n");
