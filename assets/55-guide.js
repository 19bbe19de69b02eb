/* Keys, help and the tour. Nothing here asks the server: pages are reached as by their links. */
(function () {
  "use strict";
  const PAGES = { o: "/", m: "/meter", p: "/compare", b: "/battery", c: "/cells", e: "/explore", q: "/quality" };
  const AFTER_G_MS = 1500; // how long "g" waits for its second key
  const SEEN = "packscope-tour";
  const byId = (id) => document.getElementById(id);
  let prefixed = -AFTER_G_MS;
  let step = 0;

  function remember(value) {
    try {
      window.localStorage.setItem(SEEN, value);
    } catch (error) {
      // storage is closed to us: the offer comes back another time
    }
  }

  function remembered() {
    try {
      return window.localStorage.getItem(SEEN);
    } catch (error) {
      return "closed";
    }
  }

  function press(id) {
    const button = byId(id);
    if (button && button.offsetParent !== null) {
      button.click();
    }
  }

  function visit(path) {
    const link = [...document.querySelectorAll(".ps-rail a")].find((one) => new URL(one.href).pathname === path);
    if (link) {
      link.click();
    }
  }

  /* ---- help --------------------------------------------------------------------------------------------------- */

  function termsHere() {
    const list = byId("help-terms");
    const said = new Map();
    document.querySelectorAll("main details.ps-term").forEach(function (one) {
      said.set(one.dataset.term, one.querySelector("p").textContent);
    });
    list.replaceChildren(
      ...[...said].map(function ([word, meaning]) {
        const pair = document.createElement("div");
        [["dt", word], ["dd", meaning]].forEach(function ([tag, text]) {
          pair.append(Object.assign(document.createElement(tag), { textContent: text }));
        });
        return pair;
      })
    );
    byId("help-said").hidden = said.size === 0;
  }

  function help() {
    const dialog = byId("help");
    if (dialog && !dialog.open) {
      termsHere();
      dialog.showModal();
    }
  }

  /* ---- the tour ----------------------------------------------------------------------------------------------- */

  const stops = () => [...document.querySelectorAll("#tour-steps > li")];

  function go(stop) {
    const kept = new URLSearchParams(window.location.search);
    const wanted = new URLSearchParams(stop.dataset.query);
    ["system", "meter"].forEach((key) => kept.has(key) && wanted.set(key, kept.get(key)));
    const query = wanted.toString();
    window.history.pushState({}, "", stop.dataset.path + (query ? "?" + query : ""));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  function showStep(next) {
    const all = stops();
    step = Math.max(0, Math.min(next, all.length - 1));
    all.forEach((one, at) => (one.hidden = at !== step));
    byId("tour-place").textContent = step + 1 + " / " + all.length;
    byId("tour-back").disabled = step === 0;
    const forth = byId("tour-next");
    forth.dataset.word = forth.dataset.word || forth.textContent;
    forth.textContent = step === all.length - 1 ? forth.dataset.done : forth.dataset.word;
    go(all[step]);
    byId("tour").focus();
  }

  function begin() {
    const dialog = byId("help");
    if (dialog.open) {
      dialog.close();
    }
    remember("taken");
    byId("tour-offer").className = "ps-hidden";
    byId("tour").className = "ps-tour";
    showStep(0);
  }

  function leave() {
    byId("tour").className = "ps-tour ps-hidden";
    byId("main").focus();
  }

  const BUTTONS = {
    "help-open": help,
    "tour-start": begin,
    "tour-take": begin,
    "tour-never": function () {
      remember("declined");
      byId("tour-offer").className = "ps-hidden";
    },
    "tour-back": () => showStep(step - 1),
    "tour-next": () => (step === stops().length - 1 ? leave() : showStep(step + 1)),
    "tour-leave": leave,
  };

  document.addEventListener("click", function (event) {
    const button = event.target.closest && event.target.closest("button");
    if (button && BUTTONS[button.id]) {
      BUTTONS[button.id]();
    }
    const dialog = event.target.closest && event.target.closest("dialog.ps-dialog");
    if (dialog && (event.target === dialog || (button && button.matches(".ps-dialog-close")))) {
      dialog.close();
    }
  });

  /* Offered once, where the sample site is shown, when the page is there. */
  const offering = window.setInterval(function () {
    const offer = byId("tour-offer");
    const sample = document.querySelector("#sample .ps-sample");
    if (offer && sample) {
      window.clearInterval(offering);
      if (remembered() === null) {
        offer.className = "ps-banner ps-offer";
      }
    }
  }, 1000);

  /* ---- keys --------------------------------------------------------------------------------------------------- */

  function find() {
    const field = document.querySelector("main input[type=text]:not([aria-hidden]), main input[type=search]") || byId("what");
    if (field && field.offsetParent !== null) {
      field.focus();
    }
  }

  const KEYS = {
    "/": find,
    "?": help,
    d: () => press("switch"),
    "[": () => press("earlier"),
    "]": () => press("later"),
    0: () => press("unzoom"),
    "+": () => window.packscopeCharts.turn(0.5, 0),
    "=": () => window.packscopeCharts.turn(0.5, 0),
    "-": () => window.packscopeCharts.turn(2, 0),
    ArrowLeft: () => window.packscopeCharts.turn(1, -0.25),
    ArrowRight: () => window.packscopeCharts.turn(1, 0.25),
  };

  function isTyping(target) {
    const writes = "input, select, textarea, [contenteditable=true], [role=tab], [role=slider], .ag-root, dialog[open]";
    return Boolean(target.closest && target.closest(writes));
  }

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && byId("tour") && byId("tour").contains(document.activeElement)) {
      leave();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) {
      return;
    }
    if (event.timeStamp - prefixed < AFTER_G_MS && PAGES[event.key]) {
      prefixed = -AFTER_G_MS;
      visit(PAGES[event.key]);
    } else if (event.key === "g") {
      prefixed = event.timeStamp;
    } else if (KEYS[event.key] && KEYS[event.key]() !== false) {
      event.preventDefault();
    }
  });
})();
