/* The look of tables: the page's own colours, type and rhythm, which follow the theme by themselves. */
(function () {
  "use strict";
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  functions.packscopeTheme = function (base) {
    return base.withParams({
      accentColor: "var(--ps-accent)",
      backgroundColor: "var(--ps-surface)",
      borderColor: "var(--ps-line)",
      borderRadius: 6,
      cellHorizontalPadding: 12,
      fontFamily: "Inter, system-ui, sans-serif",
      fontSize: 14,
      foregroundColor: "var(--ps-ink)",
      headerBackgroundColor: "var(--ps-surface)",
      headerFontSize: 12,
      headerFontWeight: 400,
      headerTextColor: "var(--ps-ink-3)",
      rowHoverColor: "var(--ps-raised)",
      selectedRowBackgroundColor: "var(--ps-accent-weak)",
      wrapperBorder: false,
      wrapperBorderRadius: 0,
    });
  };
})();
