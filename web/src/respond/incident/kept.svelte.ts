// A form of the case page: what is typed stays in this browser until the server has it (kit/drafts), and what cannot be
// sent now waits and goes by itself (kit/outbox), under the one key of the first attempt.
import { send, Unreachable } from '../../kit/api.ts';
import { Draft } from '../../kit/drafts.svelte.ts';
import { outbox, takeOut, type Waiting } from '../../kit/outbox.svelte.ts';
import { Attempt } from '../../kit/problem.svelte.ts';
import { me } from '../../kit/session.svelte.ts';
import { instant } from '../../kit/time.ts';
import { worldNow } from '../../kit/world.svelte.ts';

export const keptPrefix = 'case/';

// What waits or was refused, of these forms of an incident.
export function keptOf(incident: string, prefix: string): Waiting[] {
    return outbox(incident).filter((one) => one.kind.startsWith(`${keptPrefix}${prefix}`));
}

export class KeptForm<T extends object> {
    readonly draft: Draft<T>;
    readonly attempt = new Attempt();
    readonly kind: string;

    // `name` tells forms apart: "question/0", "custody/take/0".
    constructor(readonly incident: string, name: string, empty: () => T, isEmpty: (value: T) => boolean) {
        this.kind = keptPrefix + name;
        this.draft = new Draft<T>(me().person, `${incident}/${this.kind}`, empty, isEmpty);
    }

    // For as long as the component that calls this is there: opened, kept with every change, closed.
    follow(): void {
        $effect(() => {
            void this.open();
            return () => this.close();
        });
        $effect(() => {
            JSON.stringify(this.draft.value);
            this.draft.keep();
        });
    }

    // What was refused while it waited comes back with its reason; else what was left unfinished.
    async open(): Promise<void> {
        await this.draft.open();
        const refused = outbox(this.incident).find((one) => one.kind === this.kind && one.state === 'refused');
        if (!refused || !this.draft.isEmpty(this.draft.value)) return;
        const item = await takeOut(refused.id);
        if (!item) return;
        const problem = { detail: item.problem?.detail ?? '', fields: item.problem?.fields ?? [] };
        this.draft.takeBack(item.form as T, [], problem);
        this.attempt.detail = problem.detail;
        this.attempt.fields = problem.fields;
    }

    // True when the text is out of the form's hands: the server has it, or it waits to be sent.
    // `timed`: the server takes an event time; what waits keeps the time at which it was written down.
    async save(path: string, body: Record<string, unknown>, timed = false): Promise<boolean> {
        let away = false;
        const went = await this.attempt.try(async () => {
            try {
                await send(path, body, this.draft.id);
            } catch (error) {
                if (!(error instanceof Unreachable)) throw error;
                away = true;
            }
        });
        if (!went) return false;
        if (away) await this.draft.hand({ kind: this.kind, topic: this.incident, path, body: timed ? { event_time: instant(worldNow()), ...body } : body, form: $state.snapshot(this.draft.value) });
        else this.draft.discard();
        return true;
    }

    close(): void {
        this.draft.close();
    }
}
