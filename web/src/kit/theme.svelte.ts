// Day, night, or as the device says. The first paint is set by public/theme.js.
export type Theme = 'automatic' | 'day' | 'night';

const dark = matchMedia('(prefers-color-scheme: dark)');
let chosen = $state<Theme>('automatic');
try {
    const kept = localStorage.getItem('noroshi.theme');
    if (kept === 'day' || kept === 'night') chosen = kept;
} catch {
    // Storage is switched off.
}

export function theme(): Theme {
    return chosen;
}

function apply(): void {
    const night = chosen === 'night' || (chosen === 'automatic' && dark.matches);
    document.documentElement.dataset['theme'] = night ? 'night' : 'day';
    document.querySelector('meta[name=theme-color]')?.setAttribute('content', night ? '#161a20' : '#0017c1');
}
dark.addEventListener('change', apply);
apply();

export function choose(next: Theme): void {
    chosen = next;
    try {
        localStorage.setItem('noroshi.theme', next);
    } catch {
        // Holds for this page only.
    }
    apply();
}
