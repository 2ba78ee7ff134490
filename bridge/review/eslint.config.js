// No plugins: what could be a fault, and what would be unsafe in a page that shows other people's names.
const BROWSER = ["window", "document", "location", "history", "navigator", "localStorage", "fetch", "console", "performance",
  "WebSocket", "AudioContext", "AudioBufferSourceNode", "AudioWorkletNode", "BiquadFilterNode", "DynamicsCompressorNode", "GainNode",
  "OscillatorNode", "StereoPannerNode", "URLSearchParams", "URL", "Blob", "CustomEvent", "Event", "EventTarget", "CSS", "ImageData", "ResizeObserver",
  "createImageBitmap", "matchMedia", "requestAnimationFrame", "setTimeout", "clearTimeout", "setInterval", "clearInterval",
  "AudioWorkletProcessor", "registerProcessor", "currentFrame", "sampleRate", "AbortController", "OffscreenCanvas", "globalThis", "structuredClone"];

export default [
  { ignores: ["static/vendor/**", "node_modules/**"] },
  {
    files: ["**/*.js"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: Object.fromEntries(BROWSER.map((n) => [n, "readonly"])) },
    rules: {
      "no-undef": "error", "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_" }],
      "prefer-const": "error", eqeqeq: "error", "no-var": "error", "no-eval": "error", "no-implied-eval": "error", "no-new-func": "error",
      "no-shadow": "error", "no-fallthrough": "error", "no-dupe-keys": "error", "no-unreachable": "error", "no-self-compare": "error",
      "no-restricted-properties": ["error", ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property, message: "Text is text: use dom.js." }))],
    },
  },
];
