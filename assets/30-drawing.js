/* When a chart is drawn: the first of a page and what is on the screen at once, what lies below it when nothing else is
   to do, what is hidden when it is shown; and never an empty picture first, nor one twice that kept its size. */
(function () {
  "use strict";
  const NEAR_PX = 200; // a chart so far below the screen counts as on it
  const IDLE_MS = 1500; // a chart out of sight waits no longer than this, once the ones before it are drawn
  const held = new Map(); // chart → what draws it
  let ticking = false;

  function placeOf(plot) {
    const box = plot.getBoundingClientRect();
    return {
      shown: box.width > 0 && plot.isConnected,
      near: box.top < window.innerHeight + NEAR_PX && box.bottom > -NEAR_PX,
    };
  }

  const seen = new IntersectionObserver(
    (changes) => changes.filter((one) => one.isIntersecting).forEach((one) => release(one.target)),
    { rootMargin: NEAR_PX + "px" }
  );

  const chartOf = (plot) => plot.closest(".ps-chart") || plot;

  function release(plot) {
    const draw = held.get(plot);
    held.delete(plot);
    seen.unobserve(plot);
    delete chartOf(plot).dataset.held;
    if (draw) {
      draw();
    }
  }

  const whenIdle = (run) => (window.requestIdleCallback ? window.requestIdleCallback(run, { timeout: IDLE_MS }) : window.setTimeout(run, 60));

  function drawNext() {
    ticking = false;
    const gone = [...held.keys()].filter((plot) => !plot.isConnected);
    gone.forEach(release);
    const next = [...held.keys()].find((plot) => placeOf(plot).shown);
    if (next) {
      release(next);
      tick();
    }
  }

  function tick() {
    if (!ticking && held.size) {
      ticking = true;
      whenIdle(drawNext);
    }
  }

  function isDrawn(plot) {
    return Boolean(plot._fullLayout);
  }

  function hasNothing(figure) {
    return !(figure && figure.data && figure.data.length) && figure && figure.layout && figure.layout.title && figure.layout.title.text === " ";
  }

  /* What listens to a chart that is not there yet: kept until it is. */
  function keepListeners(plot) {
    if (!plot.on) {
      plot.psEarly = [];
      plot.on = (...asked) => plot.psEarly.push(asked);
      plot.removeAllListeners = () => (plot.psEarly = []);
    }
    return plot;
  }

  function draw(library, react, plot, figure) {
    if (!plot.isConnected) {
      return Promise.resolve(keepListeners(plot));
    }
    const early = plot.psEarly;
    delete plot.psEarly;
    if (early) {
      delete plot.on;
      delete plot.removeAllListeners;
    }
    chartOf(plot).dataset.drawn = "";
    const drawn = react.call(library, plot, figure);
    (early || []).forEach((asked) => plot.on(...asked));
    return drawn;
  }

  function improve(library) {
    const react = library.react;
    const resize = library.Plots.resize;
    library.react = function (plot, figure, ...rest) {
      if (rest.length || !plot || !plot.getBoundingClientRect) {
        return react.call(library, plot, figure, ...rest);
      }
      if (!isDrawn(plot) && hasNothing(figure)) {
        return Promise.resolve(keepListeners(plot));
      }
      const place = placeOf(plot);
      const first = place.shown && !document.querySelector(".js-plotly-plot");
      if ((place.shown && place.near) || first || window.matchMedia("print").matches) {
        return draw(library, react, plot, figure);
      }
      return new Promise(function (resolve, reject) {
        held.set(plot, () => Promise.resolve(draw(library, react, plot, figure)).then(resolve, reject));
        chartOf(plot).dataset.held = "";
        seen.observe(plot);
        tick();
      });
    };
    library.Plots.resize = function (plot) {
      const full = plot && plot._fullLayout;
      const same = full && full.width === plot.clientWidth && full.height === plot.clientHeight;
      return !plot || !plot.getBoundingClientRect || (full && !same) ? resize.call(library.Plots, plot) : Promise.resolve(plot);
    };
  }

  window.addEventListener("beforeprint", () => [...held.keys()].forEach(release));

  /* The library may be here before this script, or still on its way: Dash then waits for it instead of asking again. */
  let library = window.Plotly;
  const tag = document.querySelector("script[data-charts]");
  const coming =
    !library && tag
      ? new Promise(function (resolve, reject) {
          tag.addEventListener("load", () => resolve(library));
          tag.addEventListener("error", () => reject(new Error("The charts could not be loaded.")));
        })
      : undefined;
  if (coming) {
    coming.catch(() => undefined); // who waits for it says so
  } else if (library) {
    improve(library);
  }
  Object.defineProperty(window, "Plotly", {
    configurable: true,
    get: () => library || coming,
    set: function (loaded) {
      library = loaded;
      if (loaded && loaded.react && loaded.Plots) {
        improve(loaded);
      }
    },
  });
})();
