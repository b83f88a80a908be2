// Every text on the screen comes from a catalogue: one flat JSON object per room and language, with
// {name} filled from the arguments. Japanese is written first; English is complete (catalogue.test.ts).
export type Language = 'ja' | 'en';
export type Words = Record<string, string>;

let spoken = $state<Language>('ja');
let words = $state.raw<Words>({});

export function language(): Language {
    return spoken;
}

export function speak(next: Language, catalogue: Words): void {
    spoken = next;
    words = catalogue;
    document.documentElement.lang = next;
    try {
        localStorage.setItem('noroshi.language', next);
    } catch {
        // Storage is switched off; the server remembers the language too.
    }
}

export function t(key: string, values: Record<string, string | number> = {}): string {
    return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

// A name in the reader's language; what has only one name keeps it.
export function named(thing: { name: string; name_en?: string | undefined } | undefined): string {
    if (!thing) return '';
    return spoken === 'en' && thing.name_en ? thing.name_en : thing.name;
}

// Sorting for people: by the reading, where one is known.
export function byName(a: { name: string; kana?: string }, b: { name: string; kana?: string }): number {
    return (a.kana || a.name).localeCompare(b.kana || b.name, 'ja');
}
