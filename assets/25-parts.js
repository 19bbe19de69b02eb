/* Finished markup (`app/components_flat.py`): one component for a stretch of words that no callback knows. And tables,
   whose library is loaded once the page is there. */
(function () {
  "use strict";
  const GRIDS_MS = 400; // tables wait no longer than this for the first chart
  window.packscope_parts = {
    Flat: function (props) {
      const given = Object.assign({}, props.attributes, { dangerouslySetInnerHTML: { __html: props.inner } });
      return window.React.createElement(props.tag, given);
    },
  };

  /* The library of the tables is a megabyte: a page does not wait for it, a table does. */
  const React = window.React;
  const address = document.querySelector("link[data-grids]").href;

  const free = () =>
    new Promise(function (resolve) {
      window.setTimeout(resolve, GRIDS_MS);
      const look = () => (document.querySelector(".js-plotly-plot .main-svg") ? resolve() : window.setTimeout(look, 30));
      look();
    });

  const load = () =>
    new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = () => reject(new Error("The tables could not be loaded."));
      document.head.append(script);
    });

  const Grid = React.lazy(async function () {
    await free();
    await load();
    const { AgGrid } = window.dash_ag_grid;
    window.dash_ag_grid = Object.assign({}, window.dash_ag_grid, stub);
    return { default: AgGrid };
  });

  function AgGrid(props) {
    const place = React.createElement("div", { id: props.id, className: props.className, style: props.style });
    return React.createElement(React.Suspense, { fallback: place }, React.createElement(Grid, props));
  }
  AgGrid.dashRenderType = true;
  AgGrid.dashPersistence = { persisted_props: ["selectedRows"], persistence_type: "local" };
  const stub = { AgGrid: AgGrid };
  window.dash_ag_grid = stub;

  /* Addresses within the application open without a new page, unless a new tab or window is meant. */
  document.addEventListener("click", function (event) {
    const link = event.target.closest && event.target.closest("a[data-link]");
    const meant = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (link && meant && !event.defaultPrevented) {
      event.preventDefault();
      window.history.pushState({}, "", link.getAttribute("href"));
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
      window.scrollTo(0, 0);
    }
  });
})();
