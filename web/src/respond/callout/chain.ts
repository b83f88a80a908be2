// How long ago, in the reader's words; real time, also while an exercise is on.
import { t } from '../../kit/i18n.svelte.ts';

export function chainAge(at: string): string {
    const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(at)) / 60_000));
    if (minutes < 1) return t('respond.callout.age_now');
    if (minutes < 120) return t('respond.callout.age_minutes', { n: minutes });
    return t('respond.callout.age_hours', { n: Math.floor(minutes / 60) });
}
