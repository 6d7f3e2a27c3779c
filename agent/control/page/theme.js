// SPDX-License-Identifier: Apache-2.0
// Dark, light, or as the system has it; remembered by the browser.

const key = "weir-theme";
const names = ["system", "dark", "light"];

export function themeMake(button, changed) {
  let at = Math.max(0, names.indexOf(localStorage.getItem(key)));
  const set = () => {
    document.documentElement.dataset.theme = names[at];
    button.textContent = `Theme: ${names[at]}`;
    changed();
  };
  button.addEventListener("click", () => {
    at = (at + 1) % names.length;
    localStorage.setItem(key, names[at]);
    set();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", set);
  set();
}
