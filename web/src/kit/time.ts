// Times as people of a Japanese port write them: 2026年7月4日（土）06:30, in the port's zone, 24 hours.
import { language } from './i18n.svelte.ts';

let zone = 'Asia/Tokyo';
export function setZone(name: string): void {
    zone = name;
    shapes.clear();
}

interface Parts {
    year: string; month: string; day: string; weekday: string; hour: string; minute: string; second: string;
}

const shapes = new Map<string, Intl.DateTimeFormat>();
function partsOf(at: Date, spoken = language()): Parts {
    let shape = shapes.get(spoken);
    if (!shape) {
        shape = new Intl.DateTimeFormat(spoken === 'ja' ? 'ja-JP' : 'en-GB', {
            timeZone: zone, year: 'numeric', month: spoken === 'ja' ? 'numeric' : 'short', day: 'numeric',
            weekday: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
        });
        shapes.set(spoken, shape);
    }
    const parts = Object.fromEntries(shape.formatToParts(at).map((part) => [part.type, part.value]));
    return parts as unknown as Parts;
}

export function dayOf(at: string | number | Date): string {
    const p = partsOf(new Date(at));
    return language() === 'ja'
        ? `${p.year}年${p.month.replace(/月$/, '')}月${p.day.replace(/日$/, '')}日（${p.weekday}）`
        : `${p.weekday} ${p.day} ${p.month} ${p.year}`;
}

export function shortDayOf(at: string | number | Date): string {
    const p = partsOf(new Date(at));
    return language() === 'ja'
        ? `${p.month.replace(/月$/, '')}月${p.day.replace(/日$/, '')}日（${p.weekday}）`
        : `${p.weekday} ${p.day} ${p.month}`;
}

export function clockOf(at: string | number | Date, seconds = false): string {
    const p = partsOf(new Date(at));
    return seconds ? `${p.hour}:${p.minute}:${p.second}` : `${p.hour}:${p.minute}`;
}

export function dayAndClock(at: string | number | Date): string {
    return language() === 'ja' ? `${dayOf(at)}${clockOf(at)}` : `${dayOf(at)}, ${clockOf(at)}`;
}

// With the day only where it is another one than that of `beside`.
export function clockBeside(at: string | number | Date, beside: string | number | Date): string {
    return dayOf(at) === dayOf(beside) ? clockOf(at) : `${shortDayOf(at)} ${clockOf(at)}`;
}

// "3時間12分", "45分", "2日4時間".
export function spanOf(milliseconds: number): string {
    const minutes = Math.max(0, Math.round(milliseconds / 60_000));
    // Up to three days people count in hours: "49時間".
    const d = minutes < 4320 ? 0 : Math.floor(minutes / 1440);
    const [h, m] = [Math.floor((minutes - d * 1440) / 60), minutes % 60];
    const ja = language() === 'ja';
    const say = (n: number, unit: string, short: string) => (ja ? `${n}${unit}` : `${n} ${short}`);
    if (d > 0) return [say(d, '日', 'd'), h > 0 ? say(h, '時間', 'h') : ''].filter(Boolean).join(ja ? '' : ' ');
    if (h > 0) return [say(h, '時間', 'h'), m > 0 ? say(m, '分', 'min') : ''].filter(Boolean).join(ja ? '' : ' ');
    return say(m, '分', 'min');
}

export function hoursOf(minutes: number): string {
    return spanOf(minutes * 60_000);
}

// What <input type="datetime-local"> holds, in the port's zone whatever the zone of the device.
export function toField(at: string | number | Date): string {
    const p = partsOf(new Date(at), 'ja');
    const two = (text: string) => text.replace(/\D/g, '').padStart(2, '0');
    return `${p.year.replace(/\D/g, '')}-${two(p.month)}-${two(p.day)}T${p.hour}:${p.minute}`;
}

export function fromField(text: string): Date | undefined {
    const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text);
    if (!match) return undefined;
    const [year, month, day, hour, minute] = match.slice(1).map(Number) as [number, number, number, number, number];
    const wanted = Date.UTC(year, month - 1, day, hour, minute);
    // The zone's offset at that moment, found by asking what the zone shows there; twice, for a change of offset.
    let at = wanted;
    for (let turn = 0; turn < 2; turn += 1) {
        const shown = new Date(`${toField(at)}:00Z`).getTime();
        at += wanted - shown;
    }
    return new Date(at);
}

// An RFC 3339 text without fractions of a second.
export function instant(at: number | Date): string {
    return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
