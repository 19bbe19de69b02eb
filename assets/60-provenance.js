/* Asks what a number rests on when its mark is opened, for what the page shows at that moment. */
(function () {
  "use strict";
  /* Questions about the lines of a chart, which marks beside the chart ask as well. */
  const OF_LINES = new Set(["series", "difference", "statistics", "raw_rows"]);

  /* A chart of signals: one address for each source and stretch of time, with the signals of it. */
  function ofLines(lines, question) {
    const alike = new Map();
    lines.forEach((line) => {
      const key = [line.source, line.start, line.end].join(" ");
      alike.set(key, (alike.get(key) || []).concat([line]));
    });
    return Array.from(alike.values(), (own) => {
      const query = { question: question, source: own[0].source, signals: own.map((line) => line.signal).join(",") };
      return Object.assign(query, { start: own[0].start, end: own[0].end, level: own[0].level });
    });
  }

  function asked(mark) {
    const near = (name) => {
      const found = mark.closest("[data-" + name + "]");
      return found && found.dataset[name];
    };
    const question = near("question");
    const chart = mark.closest(".ps-chart") || (OF_LINES.has(question) && document.querySelector(".ps-chart"));
    const plot = chart && chart.querySelector(".js-plotly-plot");
    const lines = plot && plot.layout && plot.layout.meta && plot.layout.meta.lines;
    if (lines && lines.length) {
      return ofLines(lines, question);
    }
    const query = { question: question, kind: near("kind") || "any", view: window.location.search || "?" };
    const source = near("source");
    const pack = near("pack");
    const signals = near("signals");
    Object.assign(query, source ? { source: source, kind: "any" } : {}, pack ? { pack: pack } : {});
    Object.assign(query, signals ? { signals: signals } : {});
    return [query];
  }

  function row(label, text) {
    const pair = document.createElement("div");
    pair.className = "ps-asked";
    [["dt", label], ["dd", text]].forEach(([tag, words]) => {
      const part = document.createElement(tag);
      part.textContent = words;
      pair.appendChild(part);
    });
    return pair;
  }

  function place(list) {
    list.style.transform = "";
    const box = list.getBoundingClientRect();
    const beyond = box.right + 8 - document.documentElement.clientWidth;
    const before = 8 - box.left;
    const shift = beyond > 0 ? -beyond : before > 0 ? before : 0;
    list.style.transform = shift ? "translateX(" + shift + "px)" : "";
  }

  async function fill(mark) {
    const list = mark.querySelector("dl");
    const answers = await Promise.all(
      asked(mark).map(async (query) => {
        const answer = await window.fetch("/api/provenance?" + new URLSearchParams(query));
        const body = await answer.json();
        return answer.ok ? body.said : [{ label: "", text: body.detail }];
      })
    );
    list.querySelectorAll(".ps-asked").forEach((one) => one.remove());
    const own = new Set(Array.from(list.querySelectorAll("dt"), (one) => one.textContent.toLowerCase()));
    answers
      .flat()
      .filter((one) => !own.has(one.label.toLowerCase()))
      .forEach((one) => list.appendChild(row(one.label, one.text)));
    place(list);
  }

  document.addEventListener(
    "toggle",
    function (event) {
      const mark = event.target;
      if (mark.matches && mark.matches("details.ps-mark")) {
        mark.querySelector("summary").setAttribute("aria-expanded", mark.open);
        if (mark.open) {
          fill(mark).catch(() => undefined); // the server is away: what the page itself knows stays
        }
      }
    },
    true
  );
})();
