// The address is the state: path and query, nothing else.
let path = $state(location.pathname);
let query = $state(location.search);

function read(): void {
    path = location.pathname;
    query = location.search;
}
window.addEventListener('popstate', read);

export function here(): { path: string; query: URLSearchParams } {
    return { path, query: new URLSearchParams(query) };
}

export function go(to: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') history.pushState(null, '', to);
    else history.replaceState(null, '', to);
    const before = path;
    read();
    if (before !== path) {
        window.scrollTo(0, 0);
        // A reader of the screen hears the new page, and the next Tab starts at its top.
        setTimeout(() => document.getElementById('content')?.focus({ preventScroll: true }));
    }
}

// Links are plain <a href>; a click without a modifier stays in the app.
export function followLinks(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (/^\/(api|l)\//.test(link.pathname)) return;
    if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
}

// "/respond/incident/{incident}" against a path: the captures, or nothing.
export function matchPath(pattern: string, actual: string): Record<string, string> | undefined {
    const wanted = pattern.split('/');
    const given = actual.replace(/\/+$/, '').split('/');
    if (wanted.length !== given.length) return undefined;
    const captures: Record<string, string> = {};
    for (const [index, part] of wanted.entries()) {
        const text = given[index] ?? '';
        if (part.startsWith('{')) captures[part.slice(1, -1)] = decodeURIComponent(text);
        else if (part !== text) return undefined;
    }
    return captures;
}
