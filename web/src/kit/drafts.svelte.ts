// Not a word is lost. What is typed is written down at every keystroke, twice: into localStorage, at once, because a tab
// that is being closed does not wait for a database; and into IndexedDB, which is on the disk when it says so and also
// holds files. The newer of the two is what a person finds again.
//
// A draft's id is the Idempotency-Key under which it will be sent. Handing it to the outbox and removing it is one
// transaction, so that a text is in exactly one of the two places, whenever the machine stops.
import { newKey, type FieldProblem } from './api.ts';
import { disk } from './disk.ts';
import { take } from './locks.ts';
import { commit, isKnown, type Waiting } from './outbox.svelte.ts';

export interface Refusal {
    detail: string;
    fields: FieldProblem[];
}
interface Kept<T> {
    id: string;
    owner: string;
    slot: string;
    value: T;
    files: File[];
    touched: number;
    refusal?: Refusal | undefined;
}

const mirror = 'noroshi.draft.';

function mirrored(): Kept<unknown>[] {
    try {
        return Object.keys(localStorage)
            .filter((key) => key.startsWith(mirror))
            .map((key) => JSON.parse(localStorage.getItem(key) ?? '') as Kept<unknown>);
    } catch {
        return [];
    }
}

async function keptDrafts<T>(owner: string, slot: string): Promise<Kept<T>[]> {
    const found = new Map<string, Kept<T>>();
    const stored = await disk().then((d) => d.all<Kept<T>>('drafts')).catch(() => []);
    for (const draft of [...stored, ...(mirrored() as Kept<T>[])]) {
        if (draft?.owner !== owner || draft.slot !== slot) continue;
        const other = found.get(draft.id);
        if (!other || draft.touched > other.touched) found.set(draft.id, { ...draft, files: draft.files ?? other?.files ?? [] });
    }
    const drafts: Kept<T>[] = [];
    for (const draft of found.values()) {
        // Already handed over: only the mirror was too slow to go.
        if (await isKnown(draft.id)) forget(draft.id);
        else drafts.push(draft);
    }
    return drafts.sort((a, b) => b.touched - a.touched);
}

function forget(id: string): void {
    try {
        localStorage.removeItem(mirror + id);
    } catch {
        // Never written there either.
    }
    void disk().then((d) => d.write([{ shelf: 'drafts', id, value: undefined }])).catch(() => {});
}

export class Draft<T extends object> {
    id = $state('');
    value = $state() as T;
    files = $state.raw<File[]>([]);
    refusal = $state<Refusal>();
    // Restored from an earlier visit: worth saying so.
    restored = $state(false);
    others = $state.raw<{ id: string; value: T; touched: number }[]>([]);
    ready = $state(false);
    #letGo: (() => void) | undefined;
    #written = Promise.resolve();

    constructor(
        readonly owner: string,
        readonly slot: string,
        readonly empty: () => T,
        readonly isEmpty: (value: T) => boolean,
    ) {
        this.value = empty();
    }

    // Takes up what an earlier page left behind; never what another tab is typing at this moment.
    async open(): Promise<void> {
        const left = await keptDrafts<T>(this.owner, this.slot);
        const free: Kept<T>[] = [];
        for (const draft of left) {
            if (this.id) {
                free.push(draft);
                continue;
            }
            const letGo = await take(`noroshi.draft.${draft.id}`);
            if (!letGo) continue;
            if (!this.isEmpty(this.value)) {
                // The person was faster than the disk: what stands in the form stays there.
                letGo();
                free.push(draft);
                continue;
            }
            this.#letGo = letGo;
            this.id = draft.id;
            this.value = { ...this.empty(), ...draft.value };
            this.files = draft.files;
            this.refusal = draft.refusal;
            this.restored = true;
        }
        this.others = free.map(({ id, value, touched }) => ({ id, value, touched }));
        if (!this.id) await this.#begin();
        this.ready = true;
        this.keep();
    }

    async #begin(): Promise<void> {
        this.#letGo?.();
        const id = newKey();
        this.id = id;
        this.#letGo = await take(`noroshi.draft.${id}`);
    }

    // To be called after each change.
    keep(): void {
        const id = this.id;
        if (!id) return;
        if (this.isEmpty(this.value) && this.files.length === 0) {
            forget(id);
            return;
        }
        const kept: Kept<T> = {
            id, owner: this.owner, slot: this.slot, value: $state.snapshot(this.value) as T, files: this.files,
            touched: Date.now(), refusal: $state.snapshot(this.refusal),
        };
        try {
            localStorage.setItem(mirror + id, JSON.stringify({ ...kept, files: undefined }));
        } catch {
            // Full or forbidden: IndexedDB has it.
        }
        this.#written = this.#written
            .then(disk)
            .then((d) => (this.id === id ? d.write([{ shelf: 'drafts', id, value: kept }]) : undefined))
            .catch(() => {});
    }

    // Hands the text over to the outbox; the form is empty and has a new key at once.
    async hand(waiting: Omit<Waiting, 'id' | 'owner' | 'created' | 'attempts' | 'state'>): Promise<string> {
        const id = this.id || newKey();
        const letGo = this.#letGo;
        this.#letGo = undefined;
        this.id = newKey();
        this.value = this.empty();
        this.files = [];
        this.refusal = undefined;
        this.restored = false;
        await this.#written;
        await commit({ ...waiting, id, owner: this.owner, created: Date.now(), attempts: 0, state: 'waiting' });
        forget(id);
        letGo?.();
        const letGoNew = await take(`noroshi.draft.${this.id}`);
        this.#letGo = letGoNew;
        return id;
    }

    // Puts a refused text back into the form. Nothing of it was recorded, so it gets a new key.
    takeBack(value: T, files: File[], refusal: Refusal): void {
        this.value = { ...this.empty(), ...value };
        this.files = files;
        this.refusal = refusal;
        this.keep();
    }

    async resume(id: string): Promise<void> {
        const wanted = (await keptDrafts<T>(this.owner, this.slot)).find((draft) => draft.id === id);
        if (!wanted) return;
        const letGo = await take(`noroshi.draft.${id}`);
        if (!letGo) return;
        const former = { id: this.id, value: $state.snapshot(this.value) as T, touched: Date.now() };
        const keepFormer = !this.isEmpty(this.value);
        this.#letGo?.();
        this.#letGo = letGo;
        this.id = id;
        this.value = { ...this.empty(), ...wanted.value };
        this.files = wanted.files;
        this.refusal = wanted.refusal;
        this.others = [...this.others.filter((other) => other.id !== id), ...(keepFormer ? [former] : [])];
    }

    discard(): void {
        forget(this.id);
        this.value = this.empty();
        this.files = [];
        this.refusal = undefined;
        this.restored = false;
        void this.#begin();
    }

    close(): void {
        this.#letGo?.();
        this.#letGo = undefined;
    }
}
