// What the browser keeps: drafts (text being typed), outbox (saved, not yet confirmed by the server) and pages (what was
// last read, for reading without a network). IndexedDB; where a browser refuses it, localStorage, then without files.
export type Shelf = 'drafts' | 'outbox' | 'pages';

export interface Disk {
    get<T>(shelf: Shelf, id: string): Promise<T | undefined>;
    all<T>(shelf: Shelf): Promise<T[]>;
    // All or nothing. `undefined` removes.
    write(changes: { shelf: Shelf; id: string; value: unknown }[]): Promise<void>;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
    return new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error ?? new Error('IndexedDB'));
    });
}

async function openIndexed(): Promise<Disk> {
    const request = indexedDB.open('noroshi', 1);
    request.onupgradeneeded = () => {
        for (const shelf of ['drafts', 'outbox', 'pages']) request.result.createObjectStore(shelf);
    };
    const base = await settled(request);
    return {
        get: <T>(shelf: Shelf, id: string) =>
            settled(base.transaction(shelf).objectStore(shelf).get(id)) as Promise<T | undefined>,
        all: <T>(shelf: Shelf) => settled(base.transaction(shelf).objectStore(shelf).getAll()) as Promise<T[]>,
        write: (changes) =>
            new Promise((done, failed) => {
                // strict: on the disk, not only in its cache, before we say it is kept.
                const transaction = base.transaction([...new Set(changes.map((c) => c.shelf))], 'readwrite', { durability: 'strict' });
                transaction.oncomplete = () => done();
                transaction.onabort = () => failed(transaction.error ?? new Error('IndexedDB'));
                for (const { shelf, id, value } of changes) {
                    const store = transaction.objectStore(shelf);
                    if (value === undefined) store.delete(id);
                    else store.put(value, id);
                }
            }),
    };
}

function openLocal(): Disk {
    const name = (shelf: Shelf, id: string) => `noroshi.shelf.${shelf}.${id}`;
    return {
        get: async <T>(shelf: Shelf, id: string) => {
            const text = localStorage.getItem(name(shelf, id));
            return text === null ? undefined : (JSON.parse(text) as T);
        },
        all: async <T>(shelf: Shelf) =>
            Object.keys(localStorage)
                .filter((key) => key.startsWith(name(shelf, '')))
                .map((key) => JSON.parse(localStorage.getItem(key) ?? 'null') as T),
        write: async (changes) => {
            for (const { shelf, id, value } of changes) {
                if (value === undefined) localStorage.removeItem(name(shelf, id));
                else localStorage.setItem(name(shelf, id), JSON.stringify(value));
            }
        },
    };
}

let opened: Promise<Disk> | undefined;
export function disk(): Promise<Disk> {
    opened ??= openIndexed().catch(openLocal);
    return opened;
}

// ---- pages: what was read last, by person ------------------------------------------------------------------------

let reader = '';
export function readAs(person: string): void {
    reader = person;
}

export async function keepPage(name: string, value: unknown): Promise<void> {
    if (!reader) return;
    try {
        await (await disk()).write([{ shelf: 'pages', id: `${reader}/${name}`, value: { value, at: Date.now() } }]);
    } catch {
        // A full disk must not stop the board.
    }
}

export async function keptPage<T>(name: string): Promise<{ value: T; at: number } | undefined> {
    try {
        return await (await disk()).get<{ value: T; at: number }>('pages', `${reader}/${name}`);
    } catch {
        return undefined;
    }
}

// At sign-out: what others wrote does not stay on a shared machine. Drafts and the outbox stay, for their owner.
export async function forgetPages(): Promise<void> {
    try {
        const base = await new Promise<IDBDatabase>((done, failed) => {
            const request = indexedDB.open('noroshi', 1);
            request.onsuccess = () => done(request.result);
            request.onerror = () => failed(request.error ?? new Error('IndexedDB'));
        });
        await settled(base.transaction('pages', 'readwrite').objectStore('pages').clear());
        base.close();
    } catch {
        for (const key of Object.keys(localStorage)) if (key.startsWith('noroshi.shelf.pages.')) localStorage.removeItem(key);
    }
}
