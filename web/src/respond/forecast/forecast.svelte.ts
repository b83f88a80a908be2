// The forecast of one incident as the screen follows it, and how its numbers are said in words.
import type { ForecastAnswer, ForecastOverview } from '../../api/types.ts';
import { get, Problem } from '../../kit/api.ts';
import { listen } from '../../kit/events.svelte.ts';
import { language, t } from '../../kit/i18n.svelte.ts';

export class Watched {
    overview = $state.raw<ForecastOverview>();
    result = $state.raw<ForecastAnswer>();
    failed = $state('');
    #shown = '';
    #stop: (() => void) | undefined;
    #soon: ReturnType<typeof setTimeout> | undefined;

    constructor(readonly incident: string) {}

    start(): void {
        void this.read();
        this.#stop = listen({
            news: (news) => {
                if (!news.type.startsWith('respond.forecast.') && news.type !== 'respond.incident.milestone_set') return;
                clearTimeout(this.#soon);
                this.#soon = setTimeout(() => void this.read(), 150);
            },
            reset: () => void this.read(),
        });
    }
    stop(): void {
        clearTimeout(this.#soon);
        this.#stop?.();
    }
    async read(): Promise<void> {
        try {
            const overview = await get('/api/respond/forecast/incidents/{incident}', { incident: this.incident });
            this.overview = overview;
            this.failed = '';
            const of = overview.forecasts.find((one) => one.forecast === overview.shown);
            const mark = `${of?.forecast ?? ''}/${of?.state ?? ''}`;
            if (of && mark !== this.#shown) {
                this.result = await get('/api/respond/forecast/forecasts/{forecast}', { forecast: of.forecast });
                this.#shown = mark;
            }
        } catch (error) {
            this.failed = error instanceof Problem ? error.detail : t('respond.forecast.not_here');
        }
    }
}

// Two digits are what the model knows.
export function about(value: number): string {
    if (!Number.isFinite(value)) return '';
    if (value < 10) return String(Math.round(value * 10) / 10);
    const power = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
    return (Math.round(value / power) * power).toLocaleString(language() === 'ja' ? 'ja-JP' : 'en-GB');
}

export function metres(value: number): string {
    return value >= 1000 ? t('respond.forecast.kilometres', { n: about(value / 1000) }) : t('respond.forecast.metres', { n: about(value) });
}

export function percent(share: number): string {
    if (share > 0 && share < 0.01) return t('respond.forecast.below_percent');
    if (share < 1 && share > 0.99) return t('respond.forecast.above_percent');
    return `${Math.round(share * 100)}%`;
}
