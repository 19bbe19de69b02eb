/* Keeps the address and the controls in step. The address is the truth: controls only ever write to it. */
(function () {
  "use strict";
  const KEPT = ["system", "meter", "pack", "when", "start", "end", "points"];
  /* What of the address does not change which period is asked about. */
  const NOT_PERIOD = ["zoom", "tab", "cell", "metric", "quantity", "mode", "shape", "severity", "rows", "tour"];
  const SOURCE = ["system", "meter", "source"];
  const ASKED_MS = 50; // what a change asks for is on its way by then
  let changes = 0;
  const keep = () => window.dash_clientside.no_update;

  function searchOf(params) {
    const query = params.toString().replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%7E/g, "~");
    return query ? "?" + query : "";
  }

  function write(params, replace) {
    const search = searchOf(params);
    if (search === window.location.search) {
      return;
    }
    const keptIn = replace ? "replaceState" : "pushState";
    window.history[keptIn]({}, "", window.location.pathname + search + window.location.hash);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  function here() {
    return new URLSearchParams(window.location.search);
  }

  function set(params, key, value) {
    if (value === null || value === undefined || value === "") {
      params.delete(key);
    } else {
      params.set(key, value);
    }
  }

  function periodOf(search) {
    const params = new URLSearchParams(search);
    NOT_PERIOD.forEach((key) => params.delete(key));
    return searchOf(params);
  }

  function sourceOf(search) {
    const params = new URLSearchParams(search);
    const source = new URLSearchParams();
    SOURCE.forEach((key) => params.has(key) && source.set(key, params.get(key)));
    return searchOf(source);
  }

  function chosePeriod(params, control, said) {
    params.delete("zoom");
    if (control.when !== said.when && control.when !== "custom") {
      set(params, "when", control.when === "complete" ? "" : control.when);
      params.delete("start");
      params.delete("end");
      return;
    }
    const typed = control.when === said.when;
    params.set("when", "custom");
    set(params, "start", typed ? control.start : said.start);
    set(params, "end", typed ? control.end : said.end);
  }

  /* Plotly leaves noughts at the end away: the same moment is always written the same way. */
  function seconds(stamp) {
    const text = (typeof stamp === "number" ? new Date(stamp).toISOString() : String(stamp)).replace(" ", "T").slice(0, 19);
    return text + "0000-00-00T00:00:00".slice(text.length);
  }

  function zoomOf(change) {
    for (const key of Object.keys(change)) {
      const axis = key.match(/^(xaxis\d*)\.(range\[0\]|range|autorange)$/);
      if (axis && axis[2] === "autorange") {
        return change[key] ? "" : null;
      }
      if (axis) {
        const range = axis[2] === "range" ? change[key] : [change[key], change[axis[1] + ".range[1]"]];
        return seconds(range[0]) + "~" + seconds(range[1]);
      }
    }
    return null;
  }

  /* On a narrow screen the chosen period may lie outside its strip: bring it into sight. */
  function showChosen() {
    const strip = document.getElementById("when");
    const chosen = strip && strip.querySelector(".ps-segment.active");
    if (chosen && strip.scrollWidth > strip.clientWidth) {
      strip.scrollLeft = chosen.offsetLeft + chosen.offsetWidth / 2 - strip.clientWidth / 2;
    }
  }

  /* A chart that follows another one's range has nothing of its own to say. */
  function follows(property) {
    const box = document.getElementById(property.replace(/\.relayoutData$/, ""));
    const plot = box && box.querySelector(".js-plotly-plot");
    return Boolean(plot && window.packscopeCharts.isFollowing(plot));
  }

  const functions = {
    theme: function (clicks) {
      const root = document.documentElement;
      let name = root.getAttribute("data-bs-theme") || "light";
      if (clicks) {
        name = name === "dark" ? "light" : "dark";
        root.setAttribute("data-bs-theme", name);
        root.setAttribute("data-ag-theme-mode", name);
        try {
          window.localStorage.setItem("packscope-theme", name);
        } catch (error) {
          // storage is closed to us: the choice holds until the page is left
        }
      }
      return name;
    },

    language: function (chosen) {
      if (chosen && chosen !== document.documentElement.lang) {
        document.cookie = "packscope-language=" + chosen + ";path=/;max-age=31536000;samesite=lax";
        window.location.reload();
      }
    },

    links: function (search, pathname, pages) {
      window.setTimeout(showChosen, 50);
      const now = new URLSearchParams(search);
      const kept = new URLSearchParams();
      KEPT.forEach((key) => now.has(key) && kept.set(key, now.get(key)));
      const query = searchOf(kept);
      pages.forEach(function (page) {
        const link = document.getElementById(page.id);
        if (link && page.path === pathname) {
          link.setAttribute("aria-current", "page");
          document.title = page.name + " · Packscope";
        } else if (link) {
          link.removeAttribute("aria-current");
        }
      });
      return pages.map((page) => page.path + query);
    },

    period: function (search, before) {
      const query = periodOf(search);
      return query === before ? keep() : query;
    },

    /* Once the charts on the screen are drawn: the view, the period and the source, each where it has changed. */
    staged: async function (search, ...before) {
      const root = document.documentElement;
      const asked = (changes += 1);
      root.dataset.staged = "";
      await window.packscopeQueue.calm();
      if (asked !== changes) {
        return before.map(keep); // the change after this one answers for all
      }
      window.setTimeout(() => asked === changes && delete root.dataset.staged, ASKED_MS);
      const now = [search || "", periodOf(search), sourceOf(search)];
      return now.map((value, at) => (value === before[at] ? keep() : value));
    },

    /* Only while the overview is shown: what leads away from it may name a period too. */
    stay: function (period) {
      return window.location.pathname === "/" ? period || "" : keep();
    },

    choose: function (what, pack, when, start, end, points, said) {
      window.setTimeout(showChosen, 50);
      const control = { what: what, pack: pack, when: when, start: start, end: end, points: points };
      const changed = said ? Object.keys(control).filter((key) => (control[key] || "") !== (said[key] || "")) : [];
      if (!changed.length) {
        return;
      }
      const params = here();
      if (changed.includes("what")) {
        set(params, said.key, what);
        ["pack", "cell"].forEach((key) => params.delete(key));
      } else if (changed.includes("pack")) {
        set(params, "pack", pack);
        params.delete("cell");
      }
      if (changed.includes("points")) {
        set(params, "points", points);
      }
      if (["when", "start", "end"].some((key) => changed.includes(key))) {
        chosePeriod(params, control, said);
      }
      write(params);
    },

    zoom: function () {
      const triggered = window.dash_clientside.callback_context.triggered;
      const change = triggered.length ? triggered[0].value : null;
      const zoom = change && typeof change === "object" ? zoomOf(change) : null;
      if (zoom !== null && !window.packscopeCharts.isTurning() && !follows(triggered[0].prop_id)) {
        if (zoom) {
          window.packscopeCharts.move(zoom.split("~").map((end) => Date.parse(end + "Z")), null);
        }
        const params = here();
        set(params, "zoom", zoom);
        write(params);
      }
    },

    unzoom: function (clicks) {
      if (clicks) {
        const params = here();
        params.delete("zoom");
        write(params);
      }
    },

    entry: function () {
      const triggered = window.dash_clientside.callback_context.triggered;
      if (!triggered.length) {
        return;
      }
      const identity = triggered[0].prop_id.replace(/\.value$/, "");
      const name = JSON.parse(identity);
      const value = triggered[0].value;
      const params = here();
      if (value !== undefined && value !== null && (params.get(name.key) || name.plain) !== value) {
        set(params, name.key, value === name.plain ? "" : value);
        write(params);
      }
    },

    entries: function (search) {
      const params = new URLSearchParams(search);
      return window.dash_clientside.callback_context.outputs_list.map(
        (one) => params.get(one.id.key) || one.id.plain
      );
    },

    poll: async function (beats, build) {
      let told = null;
      try {
        const answer = await window.fetch("/api/health", { cache: "no-store" });
        told = await answer.json();
      } catch (error) {
        return [keep(), keep()]; // the server is away: ask again at the next beat
      }
      const found = told.build_id;
      if (found && !build) {
        window.location.reload();
      }
      const shown = (yes) => (yes ? "ps-banner" : "ps-hidden");
      return [shown(found && found !== build), shown(told.building)];
    },

    reload: function (clicks) {
      if (clicks) {
        window.location.reload();
      }
    },
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, { packscope: functions });
  window.packscope = { here: here, set: set, write: write };

  /* What a number rests on closes when something else is clicked, and by Escape. */
  function closeMarks(except) {
    document.querySelectorAll("details.ps-mark[open], details.ps-term[open]").forEach(function (mark) {
      if (!except || !mark.contains(except)) {
        mark.open = false;
      }
    });
  }
  document.addEventListener("click", function (event) {
    closeMarks(event.target);
    const closed = event.target.closest(".ps-toast-close");
    if (closed && closed.closest("#toasts")) {
      window.dash_clientside.set_props("toasts", { children: [] });
    } else if (closed) {
      closed.closest(".ps-toast").classList.add("ps-hidden");
    }
  });
  document.addEventListener(
    "toggle",
    function (event) {
      const told = event.target.open && event.target.matches("details.ps-mark, details.ps-term") && event.target.querySelector("dl, p");
      if (told) {
        told.style.transform = "";
        const beyond = told.getBoundingClientRect().right + 8 - document.documentElement.clientWidth;
        told.style.transform = beyond > 0 ? "translateX(" + -beyond + "px)" : "";
      }
    },
    true
  );
  document.addEventListener("keydown", (event) => event.key === "Escape" && closeMarks(null));
})();
