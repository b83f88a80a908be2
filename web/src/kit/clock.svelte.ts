// What time it is, by the server: a phone whose clock is wrong must not write wrong event times.
let offset = 0;
let now = $state(Date.now());
setInterval(() => (now = Date.now() + offset), 1000);

// From the Date header of an answer. Its second is cut off, and the way takes time: only a real difference counts.
export function heardDate(header: string | null): void {
    const at = header ? Date.parse(header) : NaN;
    if (Number.isNaN(at)) return;
    const difference = at + 500 - Date.now();
    offset = Math.abs(difference) > 3000 ? difference : 0;
}

export function serverNow(): number {
    return Date.now() + offset;
}

// Ticks once a second where it is shown.
export function ticking(): number {
    return now;
}

// The clock of a world: of the real one, or of an exercise (its own time, running `speed` times as fast).
export interface WorldClock {
    heardAt: number;
    shown: number;
    speed: number;
}

export function worldTime(clock: WorldClock | undefined, at: number): number {
    return clock ? clock.shown + (at - clock.heardAt) * clock.speed : at;
}
