// News from the server. A stream (server-sent events) where it passes, polling where a proxy cuts or swallows it; both
// continue after the last sequence number seen, so that changing over loses and repeats nothing.
//
// The stream is read with fetch rather than EventSource: it sees the heartbeat, hence notices a line that is open but
// dead, and it can tell "not signed in" from "cut". Until its first byte has arrived, polling goes on beside it. A page
// that is not looked at closes its stream (a browser opens six connections to one server) and catches up on return.
import { askRaw, Problem } from './api.ts';
import { fedBy, onReturn, reached, unreachable } from './connection.svelte.ts';

export interface News {
    sequence: number;
    type: string;
    topic: string;
    exercise?: string;
    data: unknown;
}
export interface Listener {
    topic?: string;                 // none: everything
    news(news: News): void;
    reset(): void;                  // the gap is too long: read anew
}

const listeners = new Set<Listener>();
let after: number | undefined;
let started: Promise<void> | undefined;
let running = false;
let turn = 0;                       // of starting: an old loop ends when it finds another number
let current: AbortController | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let failures = 0;
let streaming = false;

const silence = 40_000;             // the server's heartbeat comes every 15 s
const pollEvery = 3000;

export function listen(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

// Resolves when the place in the stream is known: whoever reads data after that misses nothing.
export function startEvents(): Promise<void> {
    running = true;
    started ??= poll().then(() => {
        turn += 1;
        void stream(turn);
        keepPolling();
    });
    return started;
}

export function stopEvents(): void {
    running = false;
    turn += 1;
    started = undefined;
    after = undefined;
    current?.abort();
    clearTimeout(timer);
}

function tell(news: News): void {
    if (after !== undefined && news.sequence <= after) return;
    after = news.sequence;
    for (const listener of listeners) if (!listener.topic || listener.topic === news.topic) listener.news(news);
}

function reset(): void {
    for (const listener of listeners) listener.reset();
}

async function poll(): Promise<void> {
    try {
        const answer = await askRaw('get', '/api/events', { query: { poll: 1, after }, patience: 15_000 });
        const said = (await answer.json()) as { items?: News[]; next: number; reset?: boolean };
        if (said.reset) reset();
        for (const news of said.items ?? []) {
            if (news.type === 'reset') reset();
            else tell(news);
        }
        if (after === undefined || said.next > after) after = said.next;
    } catch {
        // The connection's state has been noted; the next turn tries again.
    }
}

function keepPolling(): void {
    clearTimeout(timer);
    if (!running) return;
    timer = setTimeout(async () => {
        if (!streaming && !document.hidden) {
            fedBy('polling');
            await poll();
        }
        keepPolling();
    }, pollEvery);
}

async function stream(mine: number): Promise<void> {
    while (running && mine === turn) {
        if (document.hidden || after === undefined) {
            await pause(1000);
            if (after === undefined) await poll();
            continue;
        }
        current = new AbortController();
        const line = current;
        let watchdog = setTimeout(() => line.abort(), silence);
        try {
            const answer = await fetch('/api/events', {
                headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(after) },
                credentials: 'same-origin', cache: 'no-store', signal: line.signal,
            });
            if (answer.status === 401) {
                await askRaw('get', '/api/identity/me').catch((error: unknown) => error instanceof Problem);
                await pause(3000);
            }
            if (!answer.ok || !answer.body || !answer.headers.get('Content-Type')?.startsWith('text/event-stream')) {
                throw new Error('no stream');
            }
            const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
            let rest = '';
            for (;;) {
                const { value, done } = await reader.read();
                if (done) break;
                clearTimeout(watchdog);
                watchdog = setTimeout(() => line.abort(), silence);
                streaming = true;
                failures = 0;
                fedBy('live');
                reached();
                rest = (rest + value).replace(/\r\n?/g, '\n');
                const blocks = rest.split('\n\n');
                rest = blocks.pop() ?? '';
                for (const block of blocks) heard(block);
            }
        } catch {
            // Cut, refused, silent, or put aside by us.
        } finally {
            clearTimeout(watchdog);
            if (streaming && running && !document.hidden) void poll();
            streaming = false;
        }
        if (!running || mine !== turn) return;
        failures += 1;
        if (!document.hidden) fedBy('polling');
        await pause(Math.min(30_000, 1000 * 2 ** Math.min(failures, 5)));
    }
}

function heard(block: string): void {
    let type = '';
    let data = '';
    let id = '';
    for (const line of block.split('\n')) {
        if (line.startsWith('event:')) type = line.slice(6).trim();
        else if (line.startsWith('data:')) data += line.slice(5).trimStart();
        else if (line.startsWith('id:')) id = line.slice(3).trim();
    }
    if (type === 'reset') {
        if (id && Number(id) > (after ?? 0)) after = Number(id);
        reset();
        return;
    }
    if (!data) return;
    let said: Partial<News>;
    try {
        said = JSON.parse(data) as Partial<News>;
    } catch {
        return; // Not ours.
    }
    tell({ topic: '', data: undefined, ...said, sequence: said.sequence ?? Number(id), type });
}

let wake: (() => void) | undefined;
function pause(milliseconds: number): Promise<void> {
    return new Promise((done) => {
        const timeout = setTimeout(done, milliseconds);
        wake = () => {
            clearTimeout(timeout);
            done();
        };
    });
}

document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
        // A glance at another window is no reason to let go.
        setTimeout(() => document.hidden && current?.abort(), 20_000);
    } else {
        failures = 0;
        void (running && poll());
        wake?.();
    }
});
onReturn(() => {
    failures = 0;
    wake?.();
});
window.addEventListener('offline', () => unreachable());
window.addEventListener('online', () => void (running && poll()));
