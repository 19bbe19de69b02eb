/* What takes more than a second says that it goes on, and a server that does not answer is not kept a secret: what was
   asked in vain is asked again once it is back. */
(function () {
  "use strict";
  const SECOND_MS = 1000; // what takes longer shows a bar
  const AGAIN_MS = 2000; // how often an absent server is asked
  const UPDATE = "/_dash-update-component";
  const send = window.fetch;
  const byId = (id) => document.getElementById(id);
  let late = 0;
  let asking = 0;
  let missed = false;

  function count(change) {
    late += change;
    if (byId("busy")) {
      byId("busy").className = late > 0 ? "ps-busy" : "ps-hidden";
    }
  }

  /* Show a bar for as long as something lasts beyond a second. */
  function watch(work) {
    let shown = false;
    const timer = window.setTimeout(function () {
      shown = true;
      count(1);
    }, SECOND_MS);
    return work.finally(function () {
      window.clearTimeout(timer);
      if (shown) {
        count(-1);
      }
    });
  }

  function away(is) {
    if (byId("away")) {
      byId("away").className = is ? "ps-toast" : "ps-hidden";
    }
  }

  async function askAgain() {
    asking = 0;
    try {
      await send("/api/health", { cache: "no-store" });
    } catch (error) {
      asking = window.setTimeout(askAgain, AGAIN_MS);
      return;
    }
    away(false);
    if (missed) {
      window.location.reload(); // the address is the view: nothing of it is lost
    }
  }

  function lost(address) {
    missed = missed || address.includes(UPDATE);
    away(true);
    asking = asking || window.setTimeout(askAgain, AGAIN_MS);
  }

  window.fetch = function (resource, options) {
    const address = typeof resource === "string" ? resource : String((resource && resource.url) || "");
    const answer = Promise.resolve(send(resource, options)).catch(function (error) {
      if (!(error && error.name === "AbortError")) {
        lost(address);
      }
      throw error;
    });
    return address.includes("/api/health") ? answer : watch(answer);
  };

  window.packscopeWait = watch;
})();
