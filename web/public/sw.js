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

// A call-out, woken by the push service: {title, body, url, tag, actions?, answered?, not_answered?}. The words
// come with it, in the person's language. What cannot be read is shown all the same: a push without a
// notification would make the browser withdraw the permission, and silence is the worst answer of an alarm.
self.addEventListener('push', (event) => {
    let call = {};
    try {
        call = event.data?.json() ?? {};
    } catch {
        // Not ours, or older than this page.
    }
    const text = (value) => (typeof value === 'string' ? value : '');
    const actions = Array.isArray(call.actions) ? call.actions : [];
    event.waitUntil(
        self.registration.showNotification(text(call.title) || 'Noroshi', {
            body: text(call.body),
            tag: text(call.tag) || undefined,
            // The reminder of a call-out takes the place of the call, and rings again.
            renotify: text(call.tag) !== '',
            requireInteraction: actions.length > 0,
            icon: '/icon.svg',
            badge: '/icon.svg',
            actions: actions.slice(0, 2).map((one) => ({ action: text(one.action), title: text(one.title) })),
            data: { url: text(call.url), answered: text(call.answered), not_answered: text(call.not_answered) },
        }),
    );
});

async function open(url) {
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const there = windows.find((one) => one.url === url);
    if (there) return there.focus();
    return self.clients.openWindow(url);
}

// Pressing an action answers at once; pressing the notification opens the answer page. Only addresses of
// our own are asked or opened: whoever could push something else here must not send people elsewhere.
async function answer(notification, action) {
    const { url, answered, not_answered: missed } = notification.data ?? {};
    const where = new URL(url || '/', self.location.origin);
    if (where.origin !== self.location.origin) return;
    if (action !== 'coming' && action !== 'cannot') {
        await open(where.href);
        return;
    }
    let taken = false;
    try {
        const reply = await fetch(where.href, {
            method: 'POST', credentials: 'omit', redirect: 'follow',
            headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams({ answer: action }).toString(),
        });
        taken = reply.ok && new URL(reply.url).searchParams.get('saved') === '1';
    } catch {
        // No network: said below, and the page may be opened from there.
    }
    await self.registration.showNotification(notification.title, {
        body: taken ? answered : missed, tag: notification.tag || undefined,
        icon: '/icon.svg', badge: '/icon.svg', requireInteraction: !taken,
        data: { url, answered, not_answered: missed },
    });
}

self.addEventListener('notificationclick', (event) => {
    event.notification.close();
    event.waitUntil(answer(event.notification, event.action));
});
