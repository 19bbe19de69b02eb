/* Writes what a chart shows as a CSV, in the browser: nothing is asked of the server again. */
(function () {
  "use strict";

  function titleOf(axis, plain) {
    return (axis && axis.title && axis.title.text) || plain;
  }

  function quoted(value) {
    const text = value === null || value === undefined || Number.isNaN(value) ? "" : String(value);
    return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function gridRows(trace, name) {
    const rows = [];
    trace.z.forEach((line, i) => {
      Array.from(line).forEach((z, j) => {
        rows.push([name, trace.x ? trace.x[j] : j, trace.y ? trace.y[i] : i, z]);
      });
    });
    return rows;
  }

  function lineRows(trace, name) {
    const x = trace.x || [];
    const y = trace.y || [];
    return Array.from({ length: Math.max(x.length, y.length) }, (_, i) => [name, x[i], y[i]]);
  }

  function rowsOf(plot) {
    return (plot._fullData || [])
      .filter((trace) => trace.visible === true)
      .flatMap((trace, i) => {
        const name = trace.name || "trace " + (i + 1);
        return trace.z && trace.z.length && trace.z[0].length !== undefined ? gridRows(trace, name) : lineRows(trace, name);
      });
  }

  function headerOf(plot, width) {
    const layout = plot._fullLayout;
    const axes = layout.scene || layout;
    const names = [titleOf(axes.xaxis, "x"), titleOf(axes.yaxis, "y"), titleOf(axes.zaxis, "value")];
    return ["series", ...names].slice(0, width);
  }

  function csvOf(plot) {
    const rows = rowsOf(plot);
    const width = rows.reduce((most, row) => Math.max(most, row.length), 3);
    const whole = rows.map((row) => [...row, ...Array(width - row.length).fill("")]);
    return [headerOf(plot, width), ...whole].map((row) => row.map(quoted).join(",")).join("\n") + "\n";
  }

  function save(text, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".ps-chart-export");
    const chart = button && button.closest(".ps-chart");
    const plot = chart && chart.querySelector(".js-plotly-plot");
    if (plot) {
      const name = (chart.getAttribute("aria-label") || "chart").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60);
      save(csvOf(plot), name.replace(/^-|-$/g, "") + ".csv");
    }
  });
})();
