/* Sets the theme before the first paint: the one chosen here before, else the system's. Asks for the page at once, while
   the scripts that show it are still being loaded. */
(function () {
  "use strict";
  let chosen = null;
  try {
    chosen = window.localStorage.getItem("packscope-theme");
  } catch (error) {
    chosen = null; // storage is closed to us: the system's theme it is
  }
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const name = chosen === "dark" || chosen === "light" ? chosen : dark ? "dark" : "light";
  document.documentElement.setAttribute("data-bs-theme", name);
  document.documentElement.setAttribute("data-ag-theme-mode", name);

  const asked = new URLSearchParams({ path: window.location.pathname, search: window.location.search, theme: name });
  const ask = (address) => window.fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
  window.packscopeEarly = {
    "_dash-layout": ask("/_dash-layout?" + asked),
    "_dash-dependencies": ask("/_dash-dependencies"),
  };
})();
