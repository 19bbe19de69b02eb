/* Time charts of a page share their time: one range, one hover line, and the wheel; charts that leave are freed. */
(function () {
  "use strict";
  const CHART = '.ps-graph[id*="time-chart"] .js-plotly-plot';
  const WHEEL_STEP = 0.0016; // of the range, for each pixel that the wheel reports [1/px]
  const WHEEL_SETTLED_MS = 280; // the address is written once the wheel rests
  const SHORTEST_MS = 2000; // no range is made shorter by the wheel
  const POINTER_RESTED_MS = 120; // who scrolls the page past a chart does not mean the chart
  const SCROLLS_FOR_MS = 1000; // a turn of the wheel or a key scrolls the page for no longer
  const ONE_TURN_MS = 1500; // turns of the wheel closer than this are one step back
  let wheel = null;
  let settled = -ONE_TURN_MS;
  let moved = 0;
  let scrolled = 0;

  function timeCharts() {
    return [...document.querySelectorAll(CHART)].filter(
      (plot) => plot.offsetParent !== null && plot._fullLayout && plot._fullLayout.xaxis && plot._fullLayout.xaxis.type === "date"
    );
  }

  function rangeOf(plot) {
    return plot._fullLayout.xaxis.range.map((end) => plot._fullLayout.xaxis.r2l(end));
  }

  /* Every chart of the page takes a new range at once; the readings that belong to it follow from the store. */
  function move(range, except) {
    timeCharts().forEach(function (plot) {
      const [start, end] = rangeOf(plot);
      if (plot !== except && (Math.abs(start - range[0]) > 1 || Math.abs(end - range[1]) > 1)) {
        plot.psFollows = true;
        Promise.resolve(window.Plotly.relayout(plot, { "xaxis.range": [...range], "xaxis.autorange": false })).finally(
          () => (plot.psFollows = false)
        );
      }
    });
  }

  /* ---- the hover line ----------------------------------------------------------------------------------------- */

  function lineOf(plot) {
    let line = plot.querySelector(":scope > .ps-crosshair");
    if (!line) {
      line = document.createElement("div");
      line.className = "ps-crosshair";
      line.setAttribute("aria-hidden", "true");
      plot.append(line);
    }
    return line;
  }

  function place(plot, at) {
    const { xaxis, _size } = plot._fullLayout;
    const x = xaxis.l2p(at);
    const line = lineOf(plot);
    const inside = x >= 0 && x <= xaxis._length;
    line.style.display = inside ? "block" : "none";
    if (inside) {
      line.style.transform = "translateX(" + Math.round(xaxis._offset + x) + "px)";
      line.style.top = _size.t + "px";
      line.style.height = _size.h + "px";
    }
  }

  function hideLines() {
    document.querySelectorAll(".ps-crosshair").forEach((line) => (line.style.display = "none"));
  }

  /* Where the pointer is: the time chart under it and the time there; null beside the charts. */
  function spotOf(event) {
    const plot = event.target.closest && event.target.closest(CHART);
    if (!plot || !plot._fullLayout || !plot._fullLayout.xaxis || plot._fullLayout.xaxis.type !== "date") {
      return null;
    }
    const { xaxis, _size } = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    const x = event.clientX - box.left - xaxis._offset;
    const y = event.clientY - box.top - _size.t;
    const inside = x >= 0 && x <= xaxis._length && y >= 0 && y <= _size.h;
    return inside ? { plot: plot, at: xaxis.p2l(x) } : null;
  }

  let pending = null;
  document.addEventListener(
    "pointermove",
    function (event) {
      moved = event.timeStamp;
      if (pending === null) {
        window.requestAnimationFrame(function () {
          const spot = spotOf(pending);
          pending = null;
          if (spot) {
            timeCharts().forEach((plot) => place(plot, spot.at));
          } else {
            hideLines();
          }
        });
      }
      pending = event;
    },
    { passive: true }
  );
  document.addEventListener("pointerleave", hideLines);

  /* ---- the wheel ---------------------------------------------------------------------------------------------- */

  /* The page also moves by itself, when something above changes its height: only what a hand does counts. */
  let pushed = -SCROLLS_FOR_MS;
  ["wheel", "keydown", "pointerdown", "touchmove"].forEach((kind) =>
    document.addEventListener(kind, (event) => (pushed = event.timeStamp), { passive: true, capture: true })
  );
  document.addEventListener(
    "scroll",
    (event) => (scrolled = event.timeStamp - pushed < SCROLLS_FOR_MS ? event.timeStamp : scrolled),
    { passive: true, capture: true }
  );

  /* The wheel means the chart when a key is held, or the pointer was moved there since the page was last scrolled.
     Turned back where nothing is zoomed, it scrolls the page as anywhere else. */
  function isMeant(event, zoomed) {
    const held = event.ctrlKey || event.metaKey || event.shiftKey;
    const pointed = moved > scrolled && event.timeStamp - scrolled > POINTER_RESTED_MS;
    return (held || pointed || wheel !== null) && (event.deltaY < 0 || zoomed) && event.deltaY !== 0;
  }

  function settle() {
    const params = window.packscope.here();
    const text = wheel.range.map((end) => new Date(end).toISOString().slice(0, 19)).join("~");
    const sameTurn = performance.now() - settled < ONE_TURN_MS;
    wheel = null;
    settled = performance.now();
    window.packscope.set(params, "zoom", text);
    window.packscope.write(params, sameTurn && window.packscope.here().has("zoom"));
  }

  document.addEventListener(
    "wheel",
    function (event) {
      const spot = spotOf(event);
      const zoomed = wheel !== null || window.packscope.here().has("zoom");
      if (!spot || !isMeant(event, zoomed)) {
        return;
      }
      event.preventDefault();
      const [start, end] = wheel ? wheel.range : rangeOf(spot.plot);
      const pixels = event.deltaY * (event.deltaMode === 1 ? 33 : 1);
      const factor = Math.exp(Math.max(-400, Math.min(400, pixels)) * WHEEL_STEP);
      const length = Math.max((end - start) * factor, SHORTEST_MS);
      const share = (spot.at - start) / (end - start);
      window.clearTimeout(wheel && wheel.timer);
      const from = Math.round(spot.at - share * length);
      wheel = { range: [from, from + Math.round(length)], timer: window.setTimeout(settle, WHEEL_SETTLED_MS) };
      move(wheel.range, null);
    },
    { passive: false }
  );

  /* ---- what leaves the page is freed -------------------------------------------------------------------------- */

  function free(node) {
    if (node.nodeType === Node.ELEMENT_NODE && !node.isConnected && window.Plotly && window.Plotly.purge) {
      const inside = [...node.querySelectorAll(".js-plotly-plot")];
      (node.matches(".js-plotly-plot") ? [node, ...inside] : inside).forEach(function (plot) {
        window.Plotly.purge(plot);
        plot.replaceChildren();
      });
    }
  }

  new MutationObserver(function (changes) {
    const gone = changes.flatMap((change) => [...change.removedNodes]);
    if (gone.length) {
      window.setTimeout(() => gone.forEach(free), 0);
    }
  }).observe(document.documentElement, { childList: true, subtree: true });

  /* What keys do: lengthen the range by a factor, or move it by a share of itself. Says whether there was a chart. */
  function turn(factor, share) {
    const charts = timeCharts();
    const zoomed = wheel !== null || window.packscope.here().has("zoom");
    if (!charts.length || (!zoomed && factor >= 1)) {
      return false;
    }
    const [start, end] = wheel ? wheel.range : rangeOf(charts[0]);
    const length = Math.max((end - start) * factor, SHORTEST_MS);
    const from = Math.round((start + end) / 2 + share * (end - start) - length / 2);
    window.clearTimeout(wheel && wheel.timer);
    wheel = { range: [from, from + Math.round(length)], timer: window.setTimeout(settle, WHEEL_SETTLED_MS) };
    move(wheel.range, null);
    return true;
  }

  window.packscopeCharts = {
    turn: turn,
    move: move,
    isFollowing: (plot) => Boolean(plot.psFollows),
    isTurning: () => wheel !== null,
  };
})();
