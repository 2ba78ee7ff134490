/** Colours of both looks. Parts are told apart by colour and by lane; the palette holds for the colour-blind. */

const LIGHT = ["#1f6fb8", "#c2410c", "#15803d", "#7e3fb5", "#a16207", "#0e7490", "#be185d", "#4d5a6a"];
const DARK = ["#6db8ff", "#ff9a62", "#5fd38a", "#c79bff", "#e9c04f", "#4fd4e6", "#ff8fbf", "#b5c0cf"];

/** @typedef {{paper: string, lane: string, black: string, ink: string, soft: string, bar: string, beat: string, play: string,
 *   select: string, range: string, wave: string, parts: string[], map: Uint32Array, isDark: boolean}} Look */

/** @param {boolean} isDark @returns {Look} */
export function lookOf(isDark) {
  return isDark
    ? { isDark, paper: "#12151a", lane: "#171b21", black: "#13161b", ink: "#e9edf3", soft: "#a4adbb", bar: "rgba(255,255,255,.32)", beat: "rgba(255,255,255,.12)", play: "#ffffff", select: "#ffffff", range: "rgba(124,192,255,.16)", wave: "#5d6b7d", parts: DARK, map: colourMap([18, 21, 26], [46, 62, 92], [205, 214, 226]) }
    : { isDark, paper: "#f6f7f9", lane: "#fdfdfe", black: "#f1f3f6", ink: "#1a1d23", soft: "#555d6b", bar: "rgba(20,30,50,.34)", beat: "rgba(20,30,50,.13)", play: "#0b1220", select: "#0b1220", range: "rgba(11,92,173,.13)", wave: "#9aa7b8", parts: LIGHT, map: colourMap([253, 253, 254], [190, 199, 212], [62, 72, 90]) };
}

/** @param {number[]} low @param {number[]} middle @param {number[]} high @returns {Uint32Array} RGBA of 256 levels */
function colourMap(low, middle, high) {
  const made = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    // Half of the levels are noise floor: they fade away, what sounds stands out.
    const x = Math.max(0, (i / 255 - 0.3) / 0.7);
    const [a, b, t] = x < 0.5 ? [low, middle, x * 2] : [middle, high, x * 2 - 1];
    const [r, g, bl] = a.map((v, k) => Math.round(v + (b[k] - v) * t));
    made[i] = (255 << 24) | (bl << 16) | (g << 8) | r;
  }
  return made;
}

/** @param {Look} look @param {number} index */
export const partColour = (look, index) => look.parts[index % look.parts.length];

/** @returns {boolean} whether the page is dark now */
export function isDarkNow() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

/** @param {string} theme "dark", "light" or "auto" */
export function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.theme = isDarkNow() ? "dark" : "light";
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // A browser that keeps nothing.
  }
}

/** @returns {string} */
export function savedTheme() {
  try {
    return localStorage.getItem("theme") ?? "auto";
  } catch {
    return "auto";
  }
}
