// One incident as people see it: its head, its chronology (the newest lines first, older ones as one scrolls), what is
// still open, its milestones. Shown at once from what this browser read last, then from the server, then live.
//
// Lines are known by their number. Nothing is ever edited: a line changes its looks only because a later line corrects,
// confirms or completes it, and those three are taken from the later line itself.
import type { Entry, Exercise, Incident, MilestoneRow } from '../../api/types.ts';
import { announce } from '../../kit/announce.svelte.ts';
import { get, Problem } from '../../kit/api.ts';
import { keepPage, keptPage } from '../../kit/disk.ts';
import { listen, startEvents, type News } from '../../kit/events.svelte.ts';
import { t } from '../../kit/i18n.svelte.ts';
import { onArrival } from '../../kit/outbox.svelte.ts';
import { me } from '../../kit/session.svelte.ts';
import { enterWorld, world } from '../../kit/world.svelte.ts';

export interface Filter {
    q: string;
    kind: string;
    open: boolean;
    unconfirmed: boolean;
    organisation: string;
}
export const noFilter: Filter = { q: '', kind: '', open: false, unconfirmed: false, organisation: '' };

const page = 200;
const entriesPath = '/api/respond/incident/incidents/{incident}/entries';

export class Board {
    incident = $state.raw<Incident>();
    lines = $state.raw<Entry[]>([]);            // descending by number
    hidden = $state(0);
    open = $state.raw<Entry[]>([]);
    milestones = $state.raw<MilestoneRow[]>([]);
    found = $state.raw<Entry[]>();              // instead of the lines while a filter is set
    asOf = $state<number>();                    // set while what is shown was kept from an earlier visit
    failed = $state<string>();
    fresh = $state.raw<ReadonlySet<number>>(new Set());
    loadingOlder = $state(false);
    complete = $state(false);                   // line 1 is loaded
    #filter: Filter = noFilter;
    #stop: (() => void)[] = [];
    #closed = false;
    #soon = new Map<string, ReturnType<typeof setTimeout>>();

    constructor(readonly id: string) {}

    async start(): Promise<void> {
        this.#stop.push(
            listen({ topic: `respond/incident/${this.id}`, news: (news) => this.#heard(news), reset: () => void this.read() }),
            onArrival((sent, answer) => {
                if (sent.topic !== this.id) return;
                const entry = answer as Entry;
                if (typeof entry?.number === 'number' && typeof entry.content === 'string') this.#merge([entry]);
                if (sent.kind === 'milestone') this.#later('milestones', () => this.#readMilestones());
            }),
        );
        const kept = await keptPage<{ incident: Incident; lines: Entry[]; open: Entry[]; milestones: MilestoneRow[]; exercise?: Exercise }>(`board/${this.id}`);
        if (kept && !this.incident && !this.#closed) {
            this.incident = kept.value.incident;
            this.lines = kept.value.lines;
            this.open = kept.value.open;
            this.milestones = kept.value.milestones;
            this.asOf = kept.at;
            if (kept.value.exercise) enterWorld(kept.value.exercise);
        }
        await startEvents();
        await this.read();
    }

    stop(): void {
        this.#closed = true;
        for (const stop of this.#stop) stop();
        for (const timer of this.#soon.values()) clearTimeout(timer);
        enterWorld(undefined);
    }

    async read(): Promise<void> {
        try {
            const incident = await get('/api/respond/incident/incidents/{incident}', { incident: this.id });
            const exercise = incident.exercise
                ? await get('/api/practise/drills/exercises/{exercise}', { exercise: incident.exercise })
                : undefined;
            if (this.#closed) return;
            enterWorld(exercise);
            const open = this.#readOpen();
            open.catch(() => {});
            if (incident.milestones) this.milestones = incident.milestones;
            this.incident = incident;
            let after = Math.max(0, (incident.last_number ?? 0) - page);
            this.complete = after === 0;
            const lines: Entry[] = [];
            for (;;) {
                const some = await get(entriesPath, { incident: this.id }, { after, limit: 500 });
                lines.push(...some.items);
                if (some.items.length === 0 || some.next <= after) break;
                after = some.next;
            }
            if (this.#closed) return;
            this.hidden = incident.hidden ?? 0;
            // What arrived live while we were asking is newer than what we got.
            const newest = lines.at(-1)?.number ?? 0;
            const since = this.lines.filter((line) => line.number > newest);
            this.lines = lines.reverse();
            this.#merge(since, false);
            this.asOf = undefined;
            this.failed = undefined;
            await open;
            this.#keep();
        } catch (error) {
            if (error instanceof Problem && [403, 404].includes(error.status)) this.failed = error.detail;
            else if (!this.incident && !(error instanceof Problem && error.status === 401)) this.failed = t('kit.unreachable');
            else this.asOf ??= Date.now();
            // Comes again when the server answers again.
            if (!this.#closed && !this.failed) this.#later('read', () => this.read(), 3000);
        }
    }

    async readOlder(): Promise<void> {
        const lowest = this.lines.at(-1)?.number ?? 1;
        if (this.loadingOlder || this.complete || lowest <= 1) {
            this.complete = true;
            return;
        }
        this.loadingOlder = true;
        try {
            const from = Math.max(0, lowest - 1 - page);
            const some = await get(entriesPath, { incident: this.id }, { after: from, limit: page });
            this.#merge(some.items.filter((entry) => entry.number < lowest), false);
            this.complete = from === 0;
        } catch {
            // The button stays.
        } finally {
            this.loadingOlder = false;
        }
    }

    // Loads down to a line, to follow a link to it.
    async reach(number: number): Promise<void> {
        while (!this.complete && (this.lines.at(-1)?.number ?? 1) > number) {
            const before = this.lines.length;
            await this.readOlder();
            if (this.lines.length === before && !this.complete) return;
        }
    }

    async filter(next: Filter): Promise<void> {
        this.#filter = next;
        const set = next.q !== '' || next.kind !== '' || next.open || next.unconfirmed || next.organisation !== '';
        if (!set) {
            this.found = undefined;
            return;
        }
        try {
            const found: Entry[] = [];
            let after = 0;
            while (found.length < 2000) {
                const some = await get(entriesPath, { incident: this.id }, {
                    after, limit: 500, q: next.q, kind: next.kind, open: next.open ? 1 : undefined,
                    confirmed: next.unconfirmed ? 0 : undefined, organisation: next.organisation,
                });
                if (this.#filter !== next) return;
                found.push(...some.items);
                if (some.items.length === 0 || some.next <= after) break;
                after = some.next;
            }
            this.found = found.reverse();
        } catch {
            // Without a network: what is loaded is searched here.
            const wanted = next.q.normalize('NFKC').toLowerCase();
            this.found = this.lines.filter((entry) =>
                (!wanted || `${entry.content} ${entry.sender ?? ''} ${entry.receiver ?? ''}`.normalize('NFKC').toLowerCase().includes(wanted)) &&
                (!next.kind || entry.kind === next.kind) && (!next.unconfirmed || !entry.confirmed) &&
                (!next.open || isOpen(entry)) && (!next.organisation || entry.author.organisation === next.organisation));
        }
    }

    #heard(news: News): void {
        if (news.type === 'respond.incident.entry_added') {
            const entry = news.data as Entry;
            const known = this.lines.some((line) => line.number === entry.number);
            this.#merge([entry]);
            if (!known && entry.author.person !== me().person) {
                announce(t('respond.incident.announced', { number: entry.number, content: entry.content.slice(0, 80) }));
            }
            if (this.found) this.#later('filter', () => this.filter(this.#filter));
        } else if (news.type === 'respond.incident.milestone_set') {
            this.#later('milestones', () => this.#readMilestones());
        } else {
            this.#later('head', () => this.#readHead());
        }
    }

    #merge(entries: Entry[], live = true): void {
        const byNumber = new Map(this.lines.map((line) => [line.number, line]));
        const change = (number: number | undefined, what: Partial<Entry>) => {
            const line = number === undefined ? undefined : byNumber.get(number);
            if (line) byNumber.set(line.number, { ...line, ...what });
        };
        const fresh = new Set(this.fresh);
        let touchesOpen = false;
        for (const entry of entries) {
            if (live && !byNumber.has(entry.number)) fresh.add(entry.number);
            byNumber.set(entry.number, { ...byNumber.get(entry.number), ...entry });
            change(entry.corrects, { corrected_by: entry.number });
            change(entry.completes, { done_by: entry.number });
            change(entry.reopens, { done_by: undefined });
            change(entry.confirms, { confirmed: true, confirmed_by: entry.number });
            touchesOpen ||= isOpen(entry) || entry.corrects !== undefined || entry.completes !== undefined || entry.reopens !== undefined;
        }
        this.lines = [...byNumber.values()].sort((a, b) => b.number - a.number);
        if (!live) return;
        this.fresh = fresh;
        if (touchesOpen) this.#later('open', () => this.#readOpen());
        const newest = entries.at(-1);
        if (newest && this.incident && newest.number > (this.incident.last_number ?? 0)) {
            const seen = entries.filter((entry) => entry.number > (this.incident?.last_number ?? 0)).length;
            this.incident = {
                ...this.incident, entries: (this.incident.entries ?? 0) + seen, last_number: newest.number,
                last_entry_at: newest.entry_time,
            };
        }
        this.#later('keep', async () => this.#keep(), 2000);
    }

    async #readHead(): Promise<void> {
        this.incident = await get('/api/respond/incident/incidents/{incident}', { incident: this.id });
        if (this.incident.exercise) {
            enterWorld(await get('/api/practise/drills/exercises/{exercise}', { exercise: this.incident.exercise }));
        }
    }
    async #readOpen(): Promise<void> {
        this.open = (await get('/api/respond/incident/incidents/{incident}/open', { incident: this.id })).items;
    }
    async #readMilestones(): Promise<void> {
        this.milestones = (await get('/api/respond/incident/incidents/{incident}/milestones', { incident: this.id })).items;
    }

    // Bursts of news become one question.
    #later(name: string, work: () => Promise<void>, milliseconds = 250): void {
        clearTimeout(this.#soon.get(name));
        this.#soon.set(name, setTimeout(() => void work().catch(() => {}), milliseconds));
    }
    #keep(): void {
        void keepPage(`board/${this.id}`, {
            incident: this.incident, lines: this.lines.slice(0, 300), open: this.open, milestones: this.milestones,
            exercise: world(),
        });
    }
}

export function isOpen(entry: Entry): boolean {
    return (entry.kind === 'order' || entry.kind === 'request') && entry.done_by === undefined && entry.corrected_by === undefined;
}
