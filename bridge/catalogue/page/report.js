// Search, filter and sort the songs of the report. Texts are set as text, never as HTML.
"use strict";

/** Rows drawn at first and by each "Show more": a browser draws these at once. */
const PAGE_ROWS = 200;

const songs = JSON.parse(document.getElementById("data").textContent);
const view = { key: "path", down: false, rows: PAGE_ROWS };
const search = document.getElementById("search");
const filter = document.getElementById("filter");
const more = document.getElementById("more");

for (const song of songs) {
  const parts = Object.keys(song.parts).join(" ");
  song.text = [song.path, song.key, parts, song.error, ...song.doubts, ...song.warnings].join(" ").toLowerCase();
}

/** Return whether a song passes filter and search. */
function isShown(song) {
  if (filter.value === "doubtful" && !song.doubts.length) return false;
  if (["done", "failed"].includes(filter.value) && song.state !== filter.value) return false;
  return search.value.toLowerCase().split(/\s+/).every((word) => song.text.includes(word));
}

/** Compare two songs by the chosen column; what has no value comes last. */
function compare(a, b) {
  const [x, y] = [a[view.key], b[view.key]];
  if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
  const order = x < y ? -1 : x > y ? 1 : 0;
  return view.down ? -order : order;
}

/** Format seconds as minutes and seconds. */
function clock(s) {
  return `${Math.floor(s / 60)}:${String(Math.floor(s) % 60).padStart(2, "0")}`;
}

/** Add a cell with a text to a row. */
function addCell(row, text) {
  row.insertCell().textContent = text;
}

/** Add the link of a finished song, and the command that opens its review page. */
function addLinks(row, song) {
  const td = row.insertCell();
  if (song.state !== "done") return;
  const link = document.createElement("a");
  link.href = `../${song.folder.split("/").map(encodeURIComponent).join("/")}/result.json`;
  link.textContent = "result";
  const code = document.createElement("code");
  code.textContent = `dawscribe review ${song.folder}`;
  td.append(link, document.createElement("br"), code);
}

/** Draw the table anew. */
function draw() {
  const shown = songs.filter(isShown).sort(compare);
  const body = document.querySelector("#songs tbody");
  body.replaceChildren();
  for (const song of shown.slice(0, view.rows)) {
    const row = body.insertRow();
    addCell(row, song.path);
    addCell(row, clock(song.length_s));
    addCell(row, song.bpm === null ? "" : song.bpm.toFixed(1));
    addCell(row, song.key ?? "");
    addCell(row, String(song.notes));
    addCell(row, song.confidence ? song.confidence.toFixed(2) : "");
    addCell(row, Object.entries(song.parts).map(([name, n]) => `${name} ${n}`).join(", "));
    addCell(row, [song.error, ...song.doubts, ...song.warnings].filter(Boolean).join("; "));
    addLinks(row, song);
  }
  document.getElementById("count").textContent = `${shown.length} of ${songs.length} songs`;
  more.hidden = shown.length <= view.rows;
}

for (const button of document.querySelectorAll("#songs th button")) {
  button.addEventListener("click", () => {
    view.down = view.key === button.dataset.key && !view.down;
    view.key = button.dataset.key;
    for (const th of document.querySelectorAll("#songs th")) th.removeAttribute("aria-sort");
    button.parentElement.setAttribute("aria-sort", view.down ? "descending" : "ascending");
    draw();
  });
}
for (const input of [search, filter]) {
  input.addEventListener("input", () => {
    view.rows = PAGE_ROWS;
    draw();
  });
}
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", () => {
  view.rows += PAGE_ROWS;
  draw();
});
draw();
