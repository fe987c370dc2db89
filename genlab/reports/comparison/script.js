// Sorts and filters the table, and enlarges pictures. Needs no other file.
"use strict";
const table = document.querySelector("#models");
const body = table.tBodies[0];
const all = [...body.rows];

for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
  head.querySelector("button").addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = row => row.cells[column].dataset.value;
    all.sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === undefined || y === undefined) {  // text; missing numbers come last in both directions
        if (x !== y) return x === undefined ? 1 : -1;
        return (up ? 1 : -1) * a.cells[column].textContent.localeCompare(b.cells[column].textContent);
      }
      return (up ? 1 : -1) * (Number(x) - Number(y));
    });
    body.append(...all);
  });
}

const text = document.querySelector("#text");
const family = document.querySelector("#family");
const count = document.querySelector("#count");
function filter() {
  const shown = name => {
    const row = all.find(each => each.dataset.name === name);
    return row.textContent.toLowerCase().includes(text.value.trim().toLowerCase())
      && (family.value === "" || row.dataset.family === family.value);
  };
  for (const each of document.querySelectorAll("[data-name]")) each.hidden = !shown(each.dataset.name);
  const visible = all.filter(row => !row.hidden).length;
  count.textContent = `${visible} of ${all.length} models`;
}
text.addEventListener("input", filter);
family.addEventListener("change", filter);
filter();

const dialog = document.querySelector("dialog");
for (const button of document.querySelectorAll("button.picture")) {
  button.addEventListener("click", () => {
    const picture = dialog.querySelector("img");
    picture.src = button.querySelector("img").src;
    picture.alt = button.querySelector("img").alt;
    dialog.querySelector("p").textContent = picture.alt;
    dialog.showModal();  // Escape closes it, and the focus returns to the thumbnail
  });
}
dialog.addEventListener("click", () => dialog.close());
