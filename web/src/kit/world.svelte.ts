// The world the screen stands in: the real one, or an exercise with its own clock. Set by the page that shows something
// of an exercise; the shell then wears the stripes of a drill.
import type { Exercise } from '../api/types.ts';
import { serverNow, worldTime, type WorldClock } from './clock.svelte.ts';

let exercise = $state.raw<Exercise>();
let clock = $state.raw<WorldClock>();

export function world(): Exercise | undefined {
    return exercise;
}

export function enterWorld(next: Exercise | undefined): void {
    exercise = next;
    clock = next && clockOfExercise(next);
}

export function clockOfExercise(of: Exercise): WorldClock {
    // Just heard: this device's clock may be off, so it counts from now. Kept from earlier: from when it was so.
    const asOf = Date.parse(of.as_of);
    const heardAt = Math.abs(serverNow() - asOf) < 10_000 ? serverNow() : asOf;
    return { heardAt, shown: Date.parse(of.now), speed: of.state === 'running' ? of.speed : 0 };
}

export function worldNow(): number {
    return worldTime(clock, serverNow());
}
