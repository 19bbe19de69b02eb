/* Writes what a chart shows as a file. CSV and PNG are made here; Parquet and raw rows are asked of the server. */
(function () {
  "use strict";

  function titleOf(axis, plain) {
    return (axis && axis.title && axis.title.text) || plain;
  }

  function quoted(value) {
    const text = value === null || value === undefined || Number.isNaN(value) ? "" : String(value);
    return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function gridRows(trace, name, x, y) {
    const rows = [];
    trace.z.forEach((line, i) => {
      Array.from(line).forEach((z, j) => {
        rows.push([name, x.length ? x[j] : j, y.length ? y[i] : i, z]);
      });
    });
    return rows;
  }

  // A chart holds stamps as wall-clock milliseconds of the site; a file says them as its header does.
  function shown(plot, trace, letter) {
    const layout = plot._fullLayout.scene || plot._fullLayout;
    const axis = layout[letter + "axis" + (trace[letter + "axis"] || letter).slice(1)] || layout[letter + "axis"];
    const isStamp = (one) => axis && axis.type === "date" && typeof one === "number";
    return Array.from(trace[letter] || [], (one) => (isStamp(one) ? new Date(one).toISOString().slice(0, 23) : one));
  }

  function lineRows(name, x, y) {
    return Array.from({ length: Math.max(x.length, y.length) }, (_, i) => [name, x[i], y[i]]);
  }

  function rowsOf(plot) {
    return (plot._fullData || [])
      .filter((trace) => trace.visible === true)
      .flatMap((trace, i) => {
        const name = trace.name || "trace " + (i + 1);
        const x = shown(plot, trace, "x");
        const y = shown(plot, trace, "y");
        return trace.z && trace.z.length && trace.z[0].length !== undefined ? gridRows(trace, name, x, y) : lineRows(name, x, y);
      });
  }

  function headerOf(plot, width) {
    const layout = plot._fullLayout;
    const axes = layout.scene || layout;
    const names = [titleOf(axes.xaxis, "x"), titleOf(axes.yaxis, "y"), titleOf(axes.zaxis, "value")];
    return ["series", ...names].slice(0, width);
  }

  function tableOf(plot) {
    const rows = rowsOf(plot);
    const width = rows.reduce((most, row) => Math.max(most, row.length), 3);
    return [headerOf(plot, width), ...rows.map((row) => [...row, ...Array(width - row.length).fill("")])];
  }

  function save(content, name) {
    const link = document.createElement("a");
    link.href = content instanceof Blob ? URL.createObjectURL(content) : content;
    link.download = name;
    link.click();
    if (content instanceof Blob) {
      URL.revokeObjectURL(link.href);
    }
  }

  function csv(plot, name) {
    const text = tableOf(plot).map((row) => row.map(quoted).join(",")).join("\n") + "\n";
    save(new Blob([text], { type: "text/csv" }), name + ".csv");
  }

  /* Plain numbers and texts only: what a typed array or a missing value holds has no form in JSON. */
  function plain(value) {
    return value === undefined || value === "" || Number.isNaN(value) ? null : value;
  }

  async function parquet(plot, name, chart) {
    const [header, ...rows] = tableOf(plot);
    const names = header.map((title, i) => (header.indexOf(title) === i ? title : title + " " + (i + 1)));
    const columns = names.map((_, i) => rows.map((row) => plain(row[i])));
    const answer = await window.fetch("/api/export/table", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ title: titleOfChart(chart), source: sourceLine(), names: names, columns: columns }),
    });
    if (!answer.ok) {
      throw new Error((await answer.json()).detail);
    }
    save(await answer.blob(), name + ".parquet");
  }

  function titleOfChart(chart) {
    const section = chart.closest("section");
    const heading = section && section.querySelector("h2");
    return heading ? heading.textContent : chart.getAttribute("aria-label") || "";
  }

  function sourceLine() {
    const what = document.getElementById("what");
    const said = ["sample", "range-words"].map((id) => document.getElementById(id)).map((one) => one && one.textContent);
    const parts = ["Packscope", what && what.offsetParent && what.value, ...said];
    return parts.filter((part) => part).join(" · ");
  }

  const TITLE_PX = 60;
  const SAID_AFTER_MS = 1000; // a file that comes sooner needs no word

  async function png(plot, name, chart) {
    const style = window.getComputedStyle(document.documentElement);
    const [ink, paper] = ["--ps-ink", "--ps-surface"].map((one) => style.getPropertyValue(one).trim());
    const layout = JSON.parse(JSON.stringify(plot.layout));
    const size = { width: plot.clientWidth, height: plot.clientHeight + TITLE_PX };
    Object.assign(layout, { paper_bgcolor: paper, autosize: false }, size);
    layout.margin = Object.assign({}, plot._fullLayout.margin, { t: plot._fullLayout.margin.t + TITLE_PX });
    layout.title = {
      text: titleOfChart(chart), font: { size: 16, color: ink }, subtitle: { text: sourceLine(), font: { size: 11, color: ink } },
      x: 0, xref: "container", xanchor: "left", pad: { l: 12, t: 12 }, y: 1, yref: "container", yanchor: "top",
    };
    const picture = await window.Plotly.toImage({ data: plot.data, layout: layout }, { format: "png", scale: 2, ...size });
    save(picture, name + ".png");
  }

  /* Raw rows of what the chart shows now: the range of its time axis, within what its lines were asked for. */
  async function raw(plot, format) {
    const lines = linesOf(plot);
    const query = new URLSearchParams({
      lines: lines.map((line) => line.source + ":" + line.signal).join(","),
      start: lines.map((line) => line.start).sort()[0],
      end: lines.map((line) => line.end).sort().reverse()[0],
      rows: "raw",
      format: format,
    });
    const answer = await window.fetch("/api/export?" + query);
    if (!answer.ok) {
      throw new Error((await answer.json()).detail);
    }
    const [, name] = answer.headers.get("Content-Disposition").match(/filename="([^"]+)"/);
    try {
      save(await new Response(answer.body.pipeThrough(counting())).blob(), name);
    } finally {
      document.getElementById("writing").className = "ps-hidden";
    }
  }

  /* Says how much of a file has come, once that takes a while. */
  function counting() {
    const place = document.getElementById("writing");
    const size = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
    const begun = performance.now();
    let bytes = 0;
    return new TransformStream({
      transform(piece, rest) {
        bytes += piece.byteLength;
        if (performance.now() - begun > SAID_AFTER_MS) {
          place.textContent = place.dataset.words.replace("{size}", size.format(bytes / 1e6) + "\u202fMB");
          place.className = "ps-toast";
        }
        rest.enqueue(piece);
      },
    });
  }

  function linesOf(plot) {
    const meta = plot.layout && plot.layout.meta;
    return (meta && meta.lines) || [];
  }

  const KINDS = {
    csv: csv,
    parquet: parquet,
    png: png,
    "raw-csv": (plot) => raw(plot, "csv"),
    "raw-parquet": (plot) => raw(plot, "parquet"),
  };

  function say(text) {
    window.dash_clientside.set_props("toasts", {
      children: { namespace: "dash_html_components", type: "Div", props: { children: text, className: "ps-toast", role: "alert" } },
    });
  }

  function plotOf(element) {
    const chart = element && element.closest(".ps-chart");
    return [chart, chart && chart.querySelector(".js-plotly-plot")];
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest && event.target.closest(".ps-chart-export");
    const [chart, plot] = plotOf(button);
    document.querySelectorAll("details.ps-export[open]").forEach((menu) => {
      if (button || !menu.contains(event.target)) {
        menu.open = false;
      }
    });
    if (plot) {
      const name = (chart.getAttribute("aria-label") || "chart").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60);
      try {
        const kind = KINDS[button.dataset.export];
        await window.packscopeWait(Promise.resolve().then(() => kind(plot, name.replace(/^-|-$/g, ""), chart)));
      } catch (error) {
        say(document.getElementById("writing").dataset.failed.replace("{reason}", error.message));
      }
    }
  });

  /* Raw rows are on offer where a chart's lines are signals. */
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches("details.ps-export")) {
        const [, plot] = plotOf(event.target);
        event.target.querySelectorAll("[data-export^=raw]").forEach((one) => {
          one.hidden = !plot || !linesOf(plot).length;
        });
        event.target.querySelector("summary").setAttribute("aria-expanded", event.target.open);
      }
    },
    true
  );
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.ps-export[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
})();
