/* What is on the screen is asked for first: requests for what lies below wait until fewer are on their way. */
(function () {
  "use strict";
  const AT_ONCE = 3; // requests on their way at most; the server has few cores, and each drawn chart takes the page's one
  const UPDATE = "/_dash-update-component";
  const send = window.fetch.bind(window);
  const waiting = [];
  let underWay = 0;

  function idOf(id) {
    return typeof id === "string" ? id : JSON.stringify(id, Object.keys(id).sort());
  }

  /* 0: the frame and the page itself, and charts on the screen; 1: words on the screen; 2: what is out of sight. */
  function rankOf(body) {
    const outputs = [JSON.parse(body).outputs].flat(2).filter(Boolean);
    const boxes = outputs.map((one) => document.getElementById(idOf(one.id))).filter(Boolean);
    const seen = boxes.some(function (element) {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.top < window.innerHeight && box.bottom > 0;
    });
    const drawn = outputs.some((one) => one.property === "figure");
    const frame = !boxes.some((element) => element.closest("#page")) || outputs.some((one) => one.id === "page");
    return frame || (seen && drawn) ? 0 : seen ? 1 : 2;
  }

  function next() {
    while (underWay < AT_ONCE && waiting.length) {
      waiting.sort((one, other) => one.rank - other.rank || one.at - other.at);
      const first = waiting.shift();
      underWay += 1;
      first.start().finally(function () {
        underWay -= 1;
        next();
      });
    }
  }

  let count = 0;
  window.fetch = function (resource, options) {
    let rank = 0;
    try {
      const asked = typeof resource === "string" && resource.includes(UPDATE) && options && typeof options.body === "string";
      if (!asked) {
        return send(resource, options);
      }
      rank = rankOf(options.body);
    } catch (error) {
      return send(resource, options); // a request of a form that is not known here goes as it is
    }
    return new Promise(function (resolve, reject) {
      const start = () => send(resource, options).then(resolve, reject);
      count += 1;
      waiting.push({ rank: rank, at: count, start: start });
      window.setTimeout(next, 0); // those asked for in one go are put in order first
    });
  };
})();
