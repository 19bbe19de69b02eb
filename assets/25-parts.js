/* Finished markup (`app/components_flat.py`): one component for a stretch of words that no callback knows. */
(function () {
  "use strict";
  window.packscope_parts = {
    Flat: function (props) {
      const given = Object.assign({}, props.attributes, { dangerouslySetInnerHTML: { __html: props.inner } });
      return window.React.createElement(props.tag, given);
    },
  };

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
