// A clerk types a time the short way: 630, 0630, 6:30, -5 (five minutes ago), 7/4 6:30. Nothing typed means now.
import { fromField, toField } from './time.ts';

const minute = 60_000;
const day = 86_400_000;

export function parseEventTime(typed: string, now: number): Date | undefined {
    const text = typed.normalize('NFKC').trim().replace(/時/g, ':').replace(/分$/, '').replace(/:$/, ':00');
    const ago = /^[-−‐ー](\d{1,4})$/.exec(text);
    if (ago) return new Date(now - Number(ago[1]) * minute);
    const match = /^(?:(?:(\d{4})[/-])?(\d{1,2})[/-](\d{1,2})\s+)?(\d{1,2}):?(\d{2})$/.exec(text);
    if (!match) return undefined;
    const [, year, month, date, hour, minutes] = match;
    if (Number(hour) > 23 || Number(minutes) > 59) return undefined;
    const two = (part: string) => part.padStart(2, '0');
    const today = toField(now);
    const onDay = month && date ? `${year ?? today.slice(0, 4)}-${two(month)}-${two(date)}` : today.slice(0, 10);
    const at = fromField(`${onDay}T${two(hour ?? '')}:${two(minutes ?? '')}`);
    if (!at || toField(at).slice(0, 10) !== onDay) return undefined;
    // 23:50 typed at 00:10 was yesterday.
    return !month && at.getTime() > now + 30 * minute ? new Date(at.getTime() - day) : at;
}
