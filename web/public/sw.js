// The app opens without a network: the shell is kept here, and what people typed lies in IndexedDB.
// Nothing of /api/ is ever kept here, and answers by link (/l/) always ask the server.
const edition = 'noroshi-__EDITION__';
const shell = ['__FILES__'];

self.addEventListener('install', (event) => {
    event.waitUntil(
        caches.open(edition)
            .then((cache) => cache.addAll(['/', ...shell]))
            .then(() => self.skipWaiting()),
    );
});

// The former edition stays while this one is in use: a page opened before an update still finds
// the parts it loads later.
self.addEventListener('activate', (event) => {
    event.waitUntil(
        (async () => {
            const names = (await caches.keys()).filter((name) => name.startsWith('noroshi-'));
            for (const name of names.slice(0, -2)) if (name !== edition) await caches.delete(name);
            await self.clients.claim();
        })(),
    );
});

async function kept(request) {
    const ours = await (await caches.open(edition)).match(request, { ignoreVary: true });
    return ours ?? caches.match(request, { ignoreVary: true });
}

// A page comes from the server if it answers soon, else from the shell.
async function page(request) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), 4000);
    try {
        const answer = await fetch(request.url, {
            signal: patience.signal, credentials: 'same-origin', headers: { Accept: 'text/html' },
        });
        if (answer.status < 500) return answer;
    } catch {
        // Fall through: no network, or too slow.
    } finally {
        clearTimeout(timer);
    }
    return (await kept('/')) ?? Response.error();
}

// Names under /assets/ carry a hash of their content: what is kept is right for ever.
async function asset(request) {
    const known = await kept(request);
    if (known) return known;
    const answer = await fetch(request);
    if (answer.ok) {
        const cache = await caches.open(edition);
        await cache.put(request, answer.clone());
    }
    return answer;
}

self.addEventListener('fetch', (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== 'GET' || url.origin !== self.location.origin) return;
    if (/^\/(api|l|metrics|healthz)(\/|$)/.test(url.pathname)) return;
    if (request.mode === 'navigate') event.respondWith(page(request));
    else if (url.pathname.startsWith('/assets/') || shell.includes(url.pathname)) {
        event.respondWith(asset(request));
    }
});
