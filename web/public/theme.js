// Before the first paint, so that a page in the dark does not flash: what the person chose, else what the system says.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('callout.theme');
  } catch {
    // Storage may be forbidden; then the system decides.
  }
  var dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
