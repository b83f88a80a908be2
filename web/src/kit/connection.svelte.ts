// How the screen is fed at this moment, so that nobody mistakes an old board for a quiet one.
export type Feed = 'live' | 'polling' | 'offline';

let feed = $state<Feed>('polling');
let answering = $state(true);
const waiting = new Set<() => void>();

export function connection(): Feed {
    return answering ? feed : 'offline';
}
export function fedBy(how: 'live' | 'polling'): void {
    feed = how;
}
export function reached(): void {
    if (answering) return;
    answering = true;
    for (const call of waiting) call();
}
export function unreachable(): void {
    answering = false;
}
// Called when the server answers again after silence.
export function onReturn(call: () => void): () => void {
    waiting.add(call);
    return () => waiting.delete(call);
}
