// Saved, and not yet confirmed by the server. Each text waits here under its key until the answer 201 has arrived, and is
// sent again with the same key as often as it takes: the server records a key once. Order is kept within an incident.
// Whoever saves sees the line at once, marked 送信待ち.
import { askRaw, Problem, send, Unreachable, type FieldProblem } from './api.ts';
import { onReturn } from './connection.svelte.ts';
import { disk } from './disk.ts';
import { ifFree } from './locks.ts';

export interface Waiting {
    id: string;                 // also the Idempotency-Key
    owner: string;              // person
    kind: string;               // 'entry', 'incident', …: whose form it came from
    topic: string;              // incident, or ''
    path: string;
    body: Record<string, unknown>;
    form?: unknown;             // the draft's value, to go back into the form if refused
    files?: File[];             // sent before the text, which then names their hashes
    filesPath?: string;
    created: number;
    attempts: number;
    state: 'waiting' | 'refused' | 'sent';
    problem?: { status: number; detail: string; fields: FieldProblem[] } | undefined;
}

let items = $state.raw<Waiting[]>([]);
let owner = '';
let retry: ReturnType<typeof setTimeout> | undefined;
let failures = 0;
const told = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('noroshi.outbox');
const arrived = new Set<(sent: Waiting, answer: unknown) => void>();

export function outbox(topic?: string): Waiting[] {
    return items.filter((item) => item.state !== 'sent' && (topic === undefined || item.topic === topic));
}

// The answer of the server to something that waited, in whichever tab it was sent.
export function onArrival(handler: (sent: Waiting, answer: unknown) => void): () => void {
    arrived.add(handler);
    return () => arrived.delete(handler);
}

export async function isKnown(id: string): Promise<boolean> {
    return (await disk().then((d) => d.get('outbox', id)).catch(() => undefined)) !== undefined;
}

async function read(): Promise<void> {
    const all = await disk().then((d) => d.all<Waiting>('outbox')).catch(() => []);
    items = all.filter((item) => item.owner === owner).sort((a, b) => a.created - b.created);
}

export async function commit(waiting: Waiting): Promise<void> {
    items = [...items, waiting];
    await (await disk()).write([
        { shelf: 'outbox', id: waiting.id, value: waiting },
        { shelf: 'drafts', id: waiting.id, value: undefined },
    ]);
    told?.postMessage({ changed: true });
    void drain();
}

export async function takeOut(id: string): Promise<Waiting | undefined> {
    const found = items.find((item) => item.id === id);
    items = items.filter((item) => item.id !== id);
    await (await disk()).write([{ shelf: 'outbox', id, value: undefined }]);
    told?.postMessage({ changed: true });
    return found;
}

async function note(item: Waiting): Promise<void> {
    items = items.map((other) => (other.id === item.id ? item : other));
    // Of what has arrived only the key stays, for a day, so that a draft's mirror is not taken up again.
    const value = item.state === 'sent' ? { id: item.id, owner: item.owner, state: 'sent', created: Date.now(), topic: '', kind: '' } : item;
    await (await disk()).write([{ shelf: 'outbox', id: item.id, value }]);
}

async function sendOne(item: Waiting): Promise<unknown> {
    let body = item.body;
    if (item.files?.length && item.filesPath) {
        const attachments: string[] = [];
        for (const file of item.files) {
            const answer = await askRaw('post', item.filesPath, {
                query: { name: file.name }, body: file, type: file.type || 'application/octet-stream', patience: 180_000,
            });
            attachments.push(((await answer.json()) as { sha256: string }).sha256);
        }
        body = { ...body, attachments };
    }
    return send(item.path, body, item.id);
}

let again = false;
let draining = false;

export async function drain(): Promise<void> {
    if (draining) {
        again = true;
        return;
    }
    draining = true;
    clearTimeout(retry);
    let stopped = false;
    try {
        await ifFree('noroshi.outbox', async () => {
            do {
                again = false;
                await read();
                for (const item of items.filter((other) => other.state === 'waiting')) {
                    try {
                        const answer = await sendOne(item);
                        failures = 0;
                        await note({ ...item, state: 'sent' });
                        for (const handler of arrived) handler(item, answer);
                        told?.postMessage({ sent: { ...item, files: undefined }, answer });
                    } catch (error) {
                        if (!(error instanceof Problem) && !(error instanceof Unreachable)) throw error;
                        const status = error instanceof Problem ? error.status : 0;
                        // The same key may be at work in the server at this moment: that is a conflict that passes.
                        const atWork = status === 409 && (error as Problem).key.startsWith('edge.');
                        if (status >= 500 || atWork || [0, 401, 408, 425, 429].includes(status)) {
                            await note({ ...item, attempts: item.attempts + 1 });
                            failures += 1;
                            stopped = status !== 401;
                            return;
                        }
                        const problem = error as Problem;
                        await note({
                            ...item, state: 'refused',
                            problem: { status, detail: problem.detail, fields: problem.fields },
                        });
                        told?.postMessage({ changed: true });
                    }
                }
            } while (again);
        });
    } catch {
        stopped = true;
    } finally {
        draining = false;
    }
    if (stopped || outbox().some((item) => item.state === 'waiting')) {
        retry = setTimeout(() => void drain(), Math.min(15_000, 1000 * 2 ** Math.min(failures, 4)));
    }
}

told?.addEventListener('message', (event: MessageEvent<{ sent?: Waiting; answer?: unknown }>) => {
    const { sent, answer } = event.data;
    void read().then(() => {
        if (sent && sent.owner === owner) for (const handler of arrived) handler(sent, answer);
    });
});
onReturn(() => void drain());
window.addEventListener('online', () => void drain());

// Called when it is known who sits here. Someone else's texts stay where they are, unread and unsent.
export async function openOutbox(person: string): Promise<void> {
    owner = person;
    failures = 0;
    await read();
    const old = Date.now() - 86_400_000;
    for (const item of items) if (item.state === 'sent' && item.created < old) void takeOut(item.id);
    void drain();
}

export function closeOutbox(): void {
    owner = '';
    items = [];
}
