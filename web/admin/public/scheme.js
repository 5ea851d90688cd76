// Sets the colour scheme before the first paint. It is a file of its own because the content
// policy forbids scripts inside the page.
;(function () {
  var scheme = null
  try {
    scheme = localStorage.getItem('mantine-color-scheme-value')
  } catch (_) {
    // A browser that refuses storage follows the system's scheme.
  }
  var dark =
    scheme === 'dark' ||
    (scheme !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
})()
