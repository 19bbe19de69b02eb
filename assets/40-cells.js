/* The Cell Analyzer: tabs that live in the address, cells that are picked by a click, and which tab asks the server. */
(function () {
  "use strict";
  const STILL_PX = 5;
  const NARROW_PX = 768;
  const AFAR = { eye: { x: 1.6, y: -2.05, z: 1.2 }, center: { x: 0.1, y: 0, z: -0.1 } }; // on a phone
  const FIRST_TAB = "overview";
  const PERIOD_KEYS = ["system", "when", "start", "end"];

  function change(changes) {
    const params = new URLSearchParams(window.location.search);
    Object.entries(changes).forEach(([key, value]) => {
      if (value === null || value === undefined) {
        params.delete(key);
      } else {
        params.set(key, value);
      }
    });
    const query = params.toString().replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%7E/g, "~");
    const search = query ? "?" + query : "";
    if (search !== window.location.search) {
      window.history.pushState({}, "", window.location.pathname + search + window.location.hash);
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    }
  }

  function tabOf(search, tabs) {
    const said = new URLSearchParams(search).get("tab");
    return tabs.includes(said) ? said : FIRST_TAB;
  }

  function open(tab) {
    change({ tab: tab === FIRST_TAB ? null : tab });
  }

  /* A surface reports a click as soon as the button is down. Turning it is no click: wait until the button is up. */
  let down = null;
  document.addEventListener("pointerdown", (event) => (down = { x: event.clientX, y: event.clientY }), true);
  document.addEventListener("pointerup", () => (down = null));

  function whenStill(act) {
    if (down === null) {
      act();
      return;
    }
    const start = down;
    const released = function (event) {
      if (Math.hypot(event.clientX - start.x, event.clientY - start.y) < STILL_PX) {
        act();
      }
    };
    window.addEventListener("pointerup", released, { capture: true, once: true });
  }

  /* A click on a heat map says where it was, not on what: the map itself knows. */
  function placeOf(point) {
    const triggered = window.dash_clientside.callback_context.triggered;
    const id = triggered.length ? triggered[0].prop_id.replace(/\.clickData$/, "") : "";
    const plot = document.querySelector("#" + id + " .js-plotly-plot");
    const trace = plot && plot.data[point.curveNumber];
    if (!trace || !trace.customdata || trace.type !== "heatmap") {
      return null;
    }
    const row = trace.customdata[Math.round((point.y - trace.y0) / trace.dy)];
    return (row && row[Math.round((point.x - trace.x0) / trace.dx)]) || null;
  }

  const functions = {
    tabs: function (search, tabs) {
      const shown = tabOf(search, tabs);
      const button = document.getElementById("cells-tab-" + shown);
      if (button) {
        button.scrollIntoView({ block: "nearest", inline: "center" });
      }
      return [
        ...tabs.map((tab) => (tab === shown ? "true" : "false")),
        ...tabs.map((tab) => (tab === shown ? 0 : -1)),
        ...tabs.map((tab) => (tab === shown ? "ps-panel" : "ps-panel ps-hidden")),
      ];
    },

    /* A tab asks the server only while it is shown, and only when something that it depends on has changed. */
    gate: function (search, theme, tabs, before, identity) {
      if (!theme || tabOf(search, tabs) !== identity.tab) {
        return window.dash_clientside.no_update;
      }
      const params = new URLSearchParams(search);
      const kept = new URLSearchParams();
      PERIOD_KEYS.concat(identity.keys.split(",")).forEach((key) => {
        if (params.has(key)) {
          kept.set(key, params.get(key));
        }
      });
      const query = kept.toString();
      const asked = { search: query ? "?" + query : "", theme: theme };
      const same = before && before.search === asked.search && before.theme === asked.theme;
      return same ? window.dash_clientside.no_update : asked;
    },

    /* The selected cell is named on every tab; what was found of it came with the answer. */
    selected: function (search, named) {
      const params = new URLSearchParams(search);
      const cell = params.get("cell");
      if (!cell || !named) {
        return ["", "/cells?tab=critical", "ps-hidden"];
      }
      const chosen = document.getElementById("pack");
      const pack = params.get("pack") || (chosen && chosen.value) || "1";
      const words = named.selected.replace("{n}", pack).replace("{k}", cell);
      params.set("tab", "critical");
      const link = window.location.pathname + "?" + params.toString();
      return [words + " · " + (named.found[pack + "-" + cell] || named.fine), link, "ps-selected"];
    },

    pickMark: function (click) {
      const point = click && click.points.length ? click.points[0] : null;
      const place = point && (Array.isArray(point.customdata) ? point.customdata : placeOf(point));
      if (place) {
        change({ pack: place[0], cell: place[1] });
      }
    },

    /* New data are drawn from where the user looks, as long as the same pack and quantity are shown. */
    keepCamera: function (figure) {
      if (!figure) {
        return window.dash_clientside.no_update;
      }
      const shown = document.querySelector("#cells-surface-graph .js-plotly-plot");
      const before = shown && shown._fullLayout;
      const scene = before && before.scene && before.scene._scene;
      const looking = scene && before.uirevision === figure.layout.uirevision;
      if (!figure.layout.scene || !(looking || window.innerWidth < NARROW_PX)) {
        return figure;
      }
      const turned = Object.assign({}, figure.layout.scene, { camera: looking ? scene.getCamera() : AFAR });
      return Object.assign({}, figure, { layout: Object.assign({}, figure.layout, { scene: turned }) });
    },

    /* On the surface cells lie across, on the flat map they lie down. */
    pickPoint: function (click) {
      const point = click && click.points.length ? click.points[0] : null;
      whenStill(function () {
        if (!point) {
          return;
        }
        const flat = new URLSearchParams(window.location.search).get("shape") === "flat";
        const number = Math.round(flat ? point.y : point.x);
        const plot = document.querySelector("#cells-surface-graph .js-plotly-plot");
        const beside = plot && plot.layout && plot.layout.meta; // the cell that a sensor lies beside
        change({ cell: (beside && beside[number]) || number });
      });
    },

    pickRow: function (rows) {
      if (rows && rows.length) {
        change({ pack: rows[0].pack, cell: rows[0].cell });
      }
    },
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, { packscope_cells: functions });

  document.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"][data-tab]');
    if (tab) {
      open(tab.dataset.tab);
    }
  });

  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest && event.target.closest('[role="tab"][data-tab]');
    if (!tab) {
      return;
    }
    const all = [...tab.parentElement.querySelectorAll('[role="tab"]')];
    const at = all.indexOf(tab);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) {
      const chosen = all[(next + all.length) % all.length];
      event.preventDefault();
      chosen.focus();
      open(chosen.dataset.tab);
    }
  });
})();
