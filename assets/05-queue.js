/* What is on the screen is asked for first, its charts before its words: the rest waits until these are drawn. What the
   head of the page has asked for already (`theme.js`) is not asked for again. */
(function () {
  "use strict";
  const AT_ONCE = [2, 2, 1]; // requests on their way at most, by rank; the server has few cores, the page has one
  const LONGEST_MS = 600; // charts on the screen that take longer than this no longer hold the others back
  const DRAWN_MS = 250; // a hidden page draws nothing: it waits no longer than this
  const ASKED_MS = 100; // charts of a change are asked for by then
  const OPENING_MS = 1500; // the library of charts is here by then, and draws the first, which came with the page
  const LOOK_MS = 10; // how often it is looked whether they are
  const LATE_MS = 500; // what waits for longer dims: earlier it would be painted twice for nothing
  const UPDATE = "/_dash-update-component";
  const send = window.fetch.bind(window);
  const waiting = [];

  function idOf(id) {
    return typeof id === "string" ? id : JSON.stringify(id, Object.keys(id).sort());
  }

  /* 0: the page itself, and charts on the screen; 1: words on the screen and the frame; 2: what is out of sight. */
  function rankOf(body) {
    const outputs = [JSON.parse(body).outputs].flat(2).filter(Boolean);
    if (outputs.some((one) => one.id === "page")) {
      return 0;
    }
    const boxes = outputs.map((one) => document.getElementById(idOf(one.id))).filter(Boolean);
    const seen = boxes.some(function (element) {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.top < window.innerHeight && box.bottom > 0;
    });
    if (seen && outputs.some((one) => one.property === "figure")) {
      return 0;
    }
    return seen || !boxes.some((element) => element.closest("#page")) ? 1 : 2;
  }

  /* Resolves once the charts on the screen are drawn: at once where the page was scrolled past the first of them. */
  async function calm() {
    const first = document.querySelector(".ps-graph");
    if (!first || first.getBoundingClientRect().bottom < 0) {
      return;
    }
    const since = performance.now();
    const within = (limit) => performance.now() - since < limit;
    const isFirst = (one) => one.rank === 0;
    const asked = () => [...underWay, ...waiting].some(isFirst);
    const pause = () => new Promise((resolve) => window.setTimeout(resolve, LOOK_MS));
    while (!(window.Plotly && window.Plotly.react) && within(OPENING_MS)) {
      await pause();
    }
    while (!asked() && within(ASKED_MS)) {
      await pause();
    }
    await drawn();
    while (asked() && within(LONGEST_MS)) {
      await drawn();
    }
  }
  window.packscopeQueue = { calm: calm };

  const underWay = new Set();
  let after = 0;

  /* Charts that were answered are drawn before anything else is let in. */
  function drawn() {
    return new Promise(function (resolve) {
      window.setTimeout(resolve, DRAWN_MS);
      window.requestAnimationFrame(() => window.requestAnimationFrame(() => window.setTimeout(resolve, 0)));
    });
  }

  function mayStart(one) {
    const now = performance.now();
    const first = [...underWay].filter((other) => other.rank < one.rank && now - other.since < LONGEST_MS);
    const alike = [...underWay].filter((other) => other.rank >= one.rank);
    return !first.length && alike.length < AT_ONCE[one.rank];
  }

  function next() {
    waiting.sort((one, other) => one.rank - other.rank || one.at - other.at);
    while (waiting.length && mayStart(waiting[0])) {
      const one = waiting.shift();
      one.since = performance.now();
      underWay.add(one);
      one
        .start()
        .finally(() => (one.rank === 0 ? drawn() : undefined))
        .finally(function () {
          underWay.delete(one);
          next();
        });
    }
    window.clearTimeout(after);
    after = waiting.length ? window.setTimeout(next, LONGEST_MS) : 0;
  }

  /* One class says that something is late: a delayed transition of every part that waits made clicks slower. */
  let late = 0;
  function dim(work) {
    let isLate = false;
    const set = (change) => document.documentElement.classList.toggle("ps-late", (late += change) > 0);
    const timer = window.setTimeout(function () {
      isLate = true;
      set(1);
    }, LATE_MS);
    return work.finally(function () {
      window.clearTimeout(timer);
      if (isLate) {
        set(-1);
      }
    });
  }

  let count = 0;
  window.fetch = function (resource, options) {
    let rank = 0;
    try {
      const early = typeof resource === "string" && takeEarly(resource);
      if (early) {
        return early.catch(() => send(resource, options));
      }
      const asked = typeof resource === "string" && resource.includes(UPDATE) && options && typeof options.body === "string";
      if (!asked) {
        return send(resource, options);
      }
      rank = rankOf(options.body);
    } catch (error) {
      return send(resource, options); // a request of a form that is not known here goes as it is
    }
    const answer = new Promise(function (resolve, reject) {
      const start = () => send(resource, options).then(resolve, reject);
      count += 1;
      waiting.push({ rank: rank, at: count, since: 0, start: start });
      if (rank === 0) {
        next(); // on its way while the rest of the change is still worked out
      } else {
        window.setTimeout(next, 0); // those asked for in one go are put in order first
      }
    });
    return dim(answer);
  };

  function takeEarly(resource) {
    const name = resource.slice(resource.lastIndexOf("/") + 1);
    const early = (window.packscopeEarly || {})[name];
    if (early) {
      delete window.packscopeEarly[name];
    }
    return early;
  }
})();
