// The situation of one incident, read anew whenever something about it changes.
import type { Answer } from '../../api/types.ts';
import { get, Problem } from '../../kit/api.ts';
import { onReturn } from '../../kit/connection.svelte.ts';
import { keepPage, keptPage } from '../../kit/disk.ts';
import { listen, startEvents } from '../../kit/events.svelte.ts';
import { enterWorld } from '../../kit/world.svelte.ts';

export type SituationAnswer = Answer<'/api/respond/incident/incidents/{incident}/situation'>;

export class Situation {
    now = $state.raw<SituationAnswer>();
    asOf = $state<number>();
    failed = $state<string>();
    #stop: (() => void)[] = [];
    #soon: ReturnType<typeof setTimeout> | undefined;

    constructor(readonly id: string) {}

    async start(): Promise<void> {
        const later = () => {
            clearTimeout(this.#soon);
            this.#soon = setTimeout(() => void this.read(), 300);
        };
        this.#stop.push(listen({ topic: `respond/incident/${this.id}`, news: later, reset: later }), onReturn(later));
        // What is due becomes overdue without any news.
        const every = setInterval(later, 30_000);
        this.#stop.push(() => clearInterval(every));
        const kept = await keptPage<SituationAnswer>(`situation/${this.id}`);
        if (kept && !this.now) {
            this.now = kept.value;
            this.asOf = kept.at;
        }
        await startEvents();
        await this.read();
    }
    stop(): void {
        for (const stop of this.#stop) stop();
        clearTimeout(this.#soon);
    }
    async read(): Promise<void> {
        try {
            const now = await get('/api/respond/incident/incidents/{incident}/situation', { incident: this.id });
            if (now.incident.exercise) {
                const exercises = await get('/api/practise/drills/exercises');
                const exercise = exercises.items.find((one) => one.id === now.incident.exercise);
                if (exercise) enterWorld(exercise);
            }
            this.now = now;
            this.asOf = undefined;
            this.failed = undefined;
            void keepPage(`situation/${this.id}`, now);
        } catch (error) {
            if (error instanceof Problem && !this.now) this.failed = error.detail;
        }
    }
}
