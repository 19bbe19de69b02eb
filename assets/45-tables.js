/* What stands in a table's cells besides words: links within the dashboard, and severities as the page's badges. */
(function () {
  "use strict";
  window.dashAgGridFunctions = window.dashAgGridFunctions || {};
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

  const MOST_LINES = 3;
  const CHARACTER_PX = 7;
  const WIDEST_PX = 560;
  const EMPTY_PX = 48;
  const narrow = window.matchMedia("(max-width: 767.98px)");

  /** On a narrow screen, columns of long words reach beyond its edge rather than making every row a screen high. */
  function widen(api) {
    const rows = api.getRenderedNodes();
    const asked = (api.getColumns() || []).flatMap((column) => {
      const { wrapText, field } = column.getColDef();
      const longest = wrapText ? Math.max(0, ...rows.map((row) => String((row.data || {})[field] || "").length)) : 0;
      const wanted = Math.min(WIDEST_PX, Math.ceil((longest / MOST_LINES) * CHARACTER_PX) + 40);
      return wanted > column.getActualWidth() ? [{ key: column, newWidth: wanted }] : [];
    });
    if (asked.length) {
      api.setColumnWidths(asked);
    }
  }

  /** The height up to the end of the last whole row that has room: of all rows where they have it. */
  function wholeRows(api, room) {
    let end = 0;
    for (let index = 0; index < api.getDisplayedRowCount(); index += 1) {
      const row = api.getDisplayedRowAtIndex(index);
      const below = row.rowTop + row.rowHeight;
      if (index && below > room) {
        break;
      }
      end = below;
    }
    return end || EMPTY_PX;
  }

  /* A table that scrolls ends with a whole row, and one of few rows with its last: it is given a height by its page,
     and by this what of it is used. */
  window.dashAgGridFunctions.packscopeWhole = function (id, api) {
    const element = document.getElementById(id);
    if (!element) {
      return;
    }
    window.requestAnimationFrame(() => {
      if (narrow.matches) {
        widen(api);
      }
      const most = parseFloat(element.style.height);
      const body = most && element.querySelector(".ag-body");
      if (body) {
        const around = element.offsetHeight - body.offsetHeight;
        element.style.maxHeight = `${Math.min(most, around + wholeRows(api, most - around))}px`;
      }
    });
  };
})();
