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
    return { heardAt: serverNow(), shown: Date.parse(of.now), speed: of.state === 'running' ? of.speed : 0 };
}

export function worldNow(): number {
    return worldTime(clock, serverNow());
}
