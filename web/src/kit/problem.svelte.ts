// What went wrong with the last attempt of a form, by field.
import { Problem, Unreachable, type FieldProblem } from './api.ts';
import { t } from './i18n.svelte.ts';
import { Refused } from './refused.ts';

export class Attempt {
    busy = $state(false);
    detail = $state<string>();
    key = $state('');
    fields = $state.raw<FieldProblem[]>([]);

    at(pointer: string): string | undefined {
        return this.fields.find((one) => one.pointer === pointer || one.pointer.startsWith(`${pointer}/`))?.detail;
    }

    // Runs `work`; true when it went through.
    async try(work: () => Promise<unknown>): Promise<boolean> {
        this.busy = true;
        this.detail = undefined;
        this.key = '';
        this.fields = [];
        try {
            await work();
            return true;
        } catch (error) {
            if (error instanceof Problem) {
                this.detail = error.detail;
                this.key = error.key;
                this.fields = error.fields;
            } else if (error instanceof Refused) this.detail = t('kit.device_refused');
            else if (error instanceof Unreachable) this.detail = t('kit.unreachable');
            else throw error;
            return false;
        } finally {
            this.busy = false;
        }
    }
}
