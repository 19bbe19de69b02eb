/* What stands in a table's cells besides words: links within the dashboard, and severities as the page's badges. */
(function () {
  "use strict";
  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.packscopeTables = {
    csv: (clicks) => (clicks ? true : window.dash_clientside.no_update),
  };

  /** Follow a link as Dash's own links do: the page changes, nothing is loaded anew. */
  function follow(event, href) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) {
      return;
    }
    event.preventDefault();
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  components.PackscopeLink = function (props) {
    const href = props.data && props.data[props.href];
    if (!href || props.value == null) {
      return props.value == null ? "–" : props.value;
    }
    return React.createElement("a", { href, onClick: (event) => follow(event, href) }, props.value);
  };

  /* Enter on a cell follows its link, else the first one of its row. */
  document.addEventListener("keydown", function (event) {
    const cell = event.key === "Enter" && event.target.matches && event.target.matches(".ag-cell") && event.target;
    const link = cell && (cell.querySelector("a[href]") || cell.closest(".ag-row").querySelector("a[href]"));
    if (link) {
      event.preventDefault();
      link.click();
    }
  });

  /* A number that is not known: a dash that says why, to the pointer and to a screen reader. */
  components.PackscopeUnknown = function (props) {
    const row = props.data || {};
    const why = (row.reasons && row.reasons[props.colDef.field]) || row.reason || props.why;
    return React.createElement("span", { role: "img", title: why, "aria-label": why }, "–");
  };

  /* A band of state of health: its place on the ramp as a swatch, and its name; hatched where there is none. */
  components.PackscopeBand = function (props) {
    const colour = props.colours[props.data && props.data[props.bandKey]];
    const swatch = React.createElement("span", {
      className: colour ? "ps-swatch" : "ps-swatch ps-hatched",
      style: colour ? { backgroundColor: colour } : {},
      "aria-hidden": "true",
      key: "swatch",
    });
    return React.createElement("span", { className: "ps-badge ps-band" }, [swatch, props.value]);
  };

  components.PackscopeBadge = function (props) {
    const severity = props.data && props.data[props.severity];
    if (!severity) {
      return props.value == null ? "–" : props.value;
    }
    const icon = React.createElement("span", {
      className: `ps-icon ps-icon-${severity}`,
      "aria-hidden": "true",
      key: "icon",
    });
    return React.createElement("span", { className: `ps-badge ps-${severity}` }, [icon, props.value]);
  };
})();
