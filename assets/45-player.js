/* Heat maps of cells: the frame around the selected cell, and the player that shows one moment after the other. */
(function () {
  "use strict";
  const STEP_MS = { slow: 800, normal: 350, fast: 120 };
  const CALM_MS = 1000; // between frames, for those who asked for less motion
  const BAR_MIN = 8; // height of the strip's lowest bar [%]
  const COLOUR_OF_NOTHING = "#888";
  let data = null;
  let at = 0;
  let timer = null;
  let speed = "normal";

  function plotIn(id) {
    const box = document.getElementById(id);
    const plot = box && (box.matches(".js-plotly-plot") ? box : box.querySelector(".js-plotly-plot"));
    return plot && plot.data && plot._fullLayout ? plot : null;
  }

  function filled(template, values) {
    return template.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
  }

  function written(value, digits) {
    return value.toFixed(digits).replace("-", "−");
  }

  /* ---- the frame around the selected cell ------------------------------------------------------------------- */

  function selectedCell() {
    const params = new URLSearchParams(window.location.search);
    const cell = Number(params.get("cell"));
    const chosen = document.querySelector("#pack");
    const pack = Number(params.get("pack") || (chosen && chosen.value) || 1);
    return cell ? [pack, cell] : null;
  }

  function frameOf(trace, wanted, colour) {
    const rows = trace.customdata;
    for (let row = 0; row < rows.length; row += 1) {
      const column = rows[row].findIndex((one) => one && one[0] === wanted[0] && one[1] === wanted[1]);
      if (column >= 0) {
        const x = Number(trace.x0) + column * Number(trace.dx);
        const y = Number(trace.y0) + row * Number(trace.dy);
        return {
          type: "rect",
          name: "selected",
          xref: trace.xaxis || "x",
          yref: trace.yaxis || "y",
          x0: x - 0.5,
          x1: x + 0.5,
          y0: y - 0.44,
          y1: y + 0.44,
          line: { color: colour, width: 3 },
        };
      }
    }
    return null;
  }

  function frame(plot) {
    const wanted = selectedCell();
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--ps-accent").trim();
    const before = plot.layout.shapes || [];
    const others = before.filter((one) => one.name !== "selected");
    const maps = plot.data.filter((trace) => trace.type === "heatmap" && Array.isArray(trace.customdata));
    const frames = wanted ? maps.map((trace) => frameOf(trace, wanted, colour || COLOUR_OF_NOTHING)).filter(Boolean) : [];
    const key = JSON.stringify(frames.map((one) => [one.xref, one.yref, one.x0, one.y0, one.line.color]));
    const drawn = before.filter((one) => one.name === "selected");
    if (plot.psFrame !== key || drawn.length !== frames.length) {
      plot.psFrame = key;
      window.Plotly.relayout(plot, { shapes: [...others, ...frames] });
    }
  }

  function frameAll() {
    document.querySelectorAll(".ps-cellmap .js-plotly-plot").forEach(function (plot) {
      if (plot.data && plot._fullLayout && plot.offsetParent !== null) {
        if (!plot.psWatched) {
          plot.psWatched = true;
          plot.on("plotly_afterplot", () => window.setTimeout(frameAll, 0));
        }
        frame(plot);
      }
    });
  }

  /* ---- the player ------------------------------------------------------------------------------------------- */

  function matrixOf(frameAt) {
    const [rows, columns] = data.shape;
    const scale = Math.pow(10, data.digits);
    const z = Array.from({ length: rows }, () => new Array(columns).fill(null));
    data.z[frameAt].forEach(function (value, place) {
      if (value !== null) {
        z[data.spots[place][0]][data.spots[place][1]] = value / scale;
      }
    });
    return z;
  }

  function median(values) {
    const sorted = [...values].sort((one, other) => one - other);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  function textsOf(frameAt) {
    const [rows, columns] = data.shape;
    const scale = Math.pow(10, data.digits);
    const row = data.z[frameAt];
    const known = row.filter((value) => value !== null);
    const centre = data.relative || !known.length ? 0 : median(known);
    const sizes = known.map((value) => Math.abs(value - centre)).sort((one, other) => other - one);
    const text = Array.from({ length: rows }, () => new Array(columns).fill(""));
    const apartUnit = data.unit === "V" ? ["mV", 1000, 1] : [data.unit === "°C" ? "K" : data.unit, 1, data.digits];
    row.forEach(function (value, place) {
      if (value === null) {
        return;
      }
      const [pack, cell] = data.places[place];
      const lines = ["<b>" + filled(data.words.named, { n: pack, k: cell }) + "</b>"];
      lines.push(written(value / scale, data.digits) + " " + data.unit);
      if (!data.relative) {
        const apart = ((value - centre) / scale) * apartUnit[1];
        lines.push(filled(data.words.apart, { value: written(apart, apartUnit[2]) + " " + apartUnit[0] }));
      }
      const rank = sizes.indexOf(Math.abs(value - centre)) + 1;
      lines.push(filled(data.words.rank, { k: rank, n: known.length }));
      text[data.spots[place][0]][data.spots[place][1]] = lines.join("<br>");
    });
    return text;
  }

  function draw() {
    const plot = plotIn("cells-frames-graph");
    const index = plot ? plot.data.findIndex((trace) => trace.type === "heatmap") : -1;
    if (index >= 0) {
      window.Plotly.restyle(plot, { z: [matrixOf(at)], text: [textsOf(at)] }, [index]);
    }
  }

  function show(next, redraw) {
    at = (next + data.z.length) % data.z.length;
    const slider = document.getElementById("cells-frame");
    slider.value = at;
    slider.setAttribute("aria-valuetext", data.labels[at]);
    document.getElementById("cells-frame-time").textContent = data.labels[at];
    document.querySelectorAll(".ps-strip-bar").forEach((bar, place) => bar.classList.toggle("ps-now", place === at));
    if (redraw) {
      draw();
      if (timer === null) {
        note();
      }
    }
  }

  /* Which frame is shown stands in the address, by its start, so that a link opens the same one; the newest is plain. */
  function note() {
    const params = new URLSearchParams(window.location.search);
    const wanted = at === data.z.length - 1 ? null : data.starts[at];
    if (params.get("frame") === wanted) {
      return;
    }
    if (wanted === null) {
      params.delete("frame");
    } else {
      params.set("frame", wanted);
    }
    const query = params.toString().replace(/%3A/g, ":").replace(/%7E/g, "~").replace(/%2C/g, ",");
    const address = window.location.pathname + (query ? "?" + query : "") + window.location.hash;
    window.history.replaceState(window.history.state, "", address);
  }

  function asked() {
    const wanted = new URLSearchParams(window.location.search).get("frame");
    const after = wanted === null ? -1 : data.starts.findIndex((start) => start > wanted);
    return after < 0 ? data.z.length - 1 : Math.max(after - 1, 0);
  }

  function stop() {
    const played = timer !== null;
    window.clearInterval(timer);
    timer = null;
    if (played && data) {
      note();
    }
    const button = document.getElementById("cells-play");
    if (button && data) {
      button.textContent = data.words.play;
      button.classList.remove("ps-playing");
    }
  }

  function tick() {
    const plot = plotIn("cells-frames-graph");
    if (!data || !plot || plot.offsetParent === null) {
      stop();
    } else if (at >= data.z.length - 1) {
      stop(); // it ends with the newest frame
    } else {
      show(at + 1, true);
    }
  }

  function pace() {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    return calm ? Math.max(CALM_MS, STEP_MS[speed]) : STEP_MS[speed];
  }

  function play() {
    const button = document.getElementById("cells-play");
    button.textContent = data.words.pause;
    button.classList.add("ps-playing");
    if (at >= data.z.length - 1) {
      show(0, true);
    }
    timer = window.setInterval(tick, pace());
  }

  function toggle() {
    if (timer === null) {
      play();
    } else {
      stop();
    }
  }

  function made(kind, properties, attributes) {
    const element = Object.assign(document.createElement(kind), properties);
    Object.entries(attributes || {}).forEach(([name, value]) => element.setAttribute(name, value));
    return element;
  }

  function speedChoice() {
    const menu = made("select", { id: "cells-speed", className: "form-select form-select-sm" }, {
      "aria-label": data.words.speed,
    });
    Object.keys(STEP_MS).forEach((name) => menu.append(made("option", { value: name, textContent: data.words[name] })));
    menu.value = speed;
    menu.addEventListener("change", function () {
      speed = menu.value;
      if (timer !== null) {
        window.clearInterval(timer);
        timer = window.setInterval(tick, pace());
      }
    });
    return menu;
  }

  function strip() {
    const most = Math.max(...data.far, data.limit || 0) || 1;
    const bars = data.far.map(function (far, place) {
      const bar = made("span", { className: "ps-strip-bar", title: data.labels[place] });
      bar.style.height = Math.max(BAR_MIN, (100 * far) / most) + "%";
      bar.addEventListener("click", function () {
        stop();
        show(place, true);
      });
      return bar;
    });
    const box = made("div", { className: "ps-frame-strip" }, { "aria-hidden": "true" });
    box.append(...bars);
    return box;
  }

  function controls() {
    const button = made("button", {
      id: "cells-play",
      type: "button",
      className: "ps-button",
      textContent: data.words.play,
    });
    button.addEventListener("click", toggle);
    const slider = made(
      "input",
      { id: "cells-frame", type: "range", min: 0, max: data.z.length - 1, step: 1 },
      { "aria-label": data.words.frame }
    );
    slider.addEventListener("input", function () {
      stop();
      show(Number(slider.value), true);
    });
    const time = made("output", { id: "cells-frame-time", className: "ps-num" }, { for: "cells-frame" });
    const track = made("div", { className: "ps-track" });
    track.append(strip(), slider);
    return [button, track, time, speedChoice()];
  }

  const functions = {
    load: function (sent) {
      stop();
      data = sent;
      const box = document.getElementById("cells-frames-controls");
      if (!box) {
        return;
      }
      box.replaceChildren(...(data ? controls() : []));
      if (data) {
        const wanted = asked();
        show(wanted, false);
        if (wanted !== data.z.length - 1) {
          window.setTimeout(draw, 300); // once the chart itself is drawn
        }
      }
      window.setTimeout(frameAll, 0);
    },

    frame: function () {
      window.setTimeout(frameAll, 0);
    },
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, { packscope_player: functions });
})();
