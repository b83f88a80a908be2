// Runs before the first paint: the theme the person chose, else that of the device.
(function () {
    let chosen = 'automatic';
    let language = 'ja';
    try {
        chosen = localStorage.getItem('noroshi.theme') || chosen;
        language = localStorage.getItem('noroshi.language') || language;
    } catch {
        // Storage is switched off: the device decides.
    }
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = chosen === 'automatic' ? (dark ? 'night' : 'day') : chosen;
    document.documentElement.lang = language;
})();
