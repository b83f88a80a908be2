// The catalogues of all rooms, one file per language, loaded when the language is spoken.
import { speak, type Language, type Words } from '../kit/i18n.svelte.ts';

const catalogues: Record<Language, () => Promise<{ default: Words }>> = {
    ja: () => import('./words.ja.ts'),
    en: () => import('./words.en.ts'),
};

export async function speakIn(language: Language): Promise<void> {
    speak(language, (await catalogues[language]()).default);
}

export async function beginLanguage(): Promise<void> {
    let language: Language = 'ja';
    try {
        if (localStorage.getItem('noroshi.language') === 'en') language = 'en';
    } catch {
        // Storage is switched off.
    }
    await speakIn(language);
}
